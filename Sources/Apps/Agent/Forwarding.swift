// SPDX-License-Identifier: Apache-2.0

package import Broker
package import Events
import Synchronization

/// Joins the broker to the store: gives every published event its class, and keeps only those that go upstream.
package final class Forwarding: Sendable {
    /// What went through since start.
    package struct Counts: Sendable, Equatable {
        /// Events for the hub, and their bytes.
        package var events: UInt64 = 0
        package var bytes: UInt64 = 0
        /// Events that stay on this machine.
        package var local: UInt64 = 0

        package init(events: UInt64 = 0, bytes: UInt64 = 0, local: UInt64 = 0) {
            self.events = events
            self.bytes = bytes
            self.local = local
        }
    }

    /// Makes a block and changes of records durable, together, and answers.
    package typealias Append = Ingest

    private struct State {
        var classifier: TopicClassifier
        var counts = Counts()
    }

    private let state: Mutex<State>
    private let append: Append

    package init(_ rules: ForwardRules, append: @escaping Append) {
        state = Mutex(State(classifier: TopicClassifier(rules)))
        self.append = append
    }

    package var counts: Counts { state.withLock { $0.counts } }

    /// Takes what devices published, as ``Ingest`` asks.
    ///
    /// Events that match no rule are answered like the rest of their block.
    package func ingest(
        _ block: EventBlock,
        _ changes: [StateChange],
        _ answer: @escaping @Sendable (IngestOutcome) -> Void
    ) {
        let forwarded = state.withLock { state in
            let forwarded = Self.forwarded(block, &state.classifier)
            state.counts.events += UInt64(forwarded.count)
            state.counts.bytes += UInt64(forwarded.byteCount)
            state.counts.local += UInt64(block.count - forwarded.count)
            return forwarded
        }
        if forwarded.isEmpty, changes.isEmpty { answer(.accepted) } else { append(forwarded, changes, answer) }
    }

    /// The block with classes assigned, without the events that stay local; copies bytes only when there are some.
    private static func forwarded(_ block: EventBlock, _ classifier: inout TopicClassifier) -> EventBlock {
        var result = block
        var local: [Int] = []
        block.bytes.withUnsafeBytes { bytes in
            for (index, record) in block.records.enumerated() {
                let topic = UnsafeRawBufferPointer(rebasing: bytes[record.topic])
                guard let eventClass = classifier.eventClass(of: topic) else {
                    local.append(index)
                    continue
                }
                // Most events are normal, as the broker made them: then nothing is written, and nothing is copied.
                if record.eventClass != eventClass { result.assign(sequence: 0, eventClass: eventClass, at: index) }
            }
        }
        if local.isEmpty { return result }
        return local.count == block.count ? EventBlock() : without(local, result)
    }

    private static func without(_ removed: [Int], _ block: EventBlock) -> EventBlock {
        var kept = EventBlock(reservingBytes: block.byteCount, records: block.count - removed.count)
        var next = removed.makeIterator()
        var skip = next.next()
        for (index, record) in block.records.enumerated() {
            if index == skip {
                skip = next.next()
                continue
            }
            kept.append(record, of: block, sequence: 0)
        }
        return kept
    }
}
