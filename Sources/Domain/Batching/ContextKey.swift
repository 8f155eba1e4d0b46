// SPDX-License-Identifier: Apache-2.0

/// The template and the texts of an event so far, as one number: who speaks, where the topic does not say it.
struct ContextKey {
    private var value: UInt32

    init(template: Int) {
        value = UInt32(truncatingIfNeeded: template) &* 0x9E37_79B1
    }

    @inline(__always)
    mutating func append(_ text: TextCell) {
        value = (value ^ UInt32(bitPattern: text.place)) &* 0x85EB_CA77
        value ^= value >> 15
    }

    @inline(__always)
    func hash(with number: Int) -> UInt32 {
        let mixed = (value ^ (UInt32(truncatingIfNeeded: number) &* 0xC2B2_AE3D)) &* 0x2C1B_3C6D
        return (mixed ^ (mixed >> 15)) &* 0x297A_2D39
    }

    /// A part that two keys rarely share.
    var tag: UInt16 { UInt16(truncatingIfNeeded: value >> 16) }
}
