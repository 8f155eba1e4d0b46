// SPDX-License-Identifier: Apache-2.0

/// The constant parts of one shape of payload, and the slots between them.
struct Template {
    /// One slot and the constant bytes before it; the last one is an end.
    struct Step {
        var literal: Range<Int>
        var kind: SlotKind
        var parameter: UInt8
    }

    /// Its part of ``TemplateTable/steps``, the end left out.
    var slots: Range<Int>
    /// The constant bytes after the last slot.
    var tail: Range<Int>
    var family: Int
}

/// Templates that have the same kinds of slots in the same order, and so share columns and predictions.
struct Family {
    /// The steps of the first template, which name the kinds.
    var slots: Range<Int>
    /// The slot that holds the time of the event, if there is one.
    var clock: Int?
    var unit: TimeUnit
    /// Where its shared numbers start; the first belongs to the time of the event.
    var firstNumber: Int
    var numbers: Int
    var texts: Int
    var bytes: Int
}
