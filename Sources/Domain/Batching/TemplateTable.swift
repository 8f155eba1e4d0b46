// SPDX-License-Identifier: Apache-2.0

/// The templates of one batch; both ends build it from the same bytes.
struct TemplateTable {
    private(set) var templates: [Template] = []
    private(set) var families: [Family] = []
    private(set) var steps: [Template.Step] = []
    /// The constant bytes of all templates.
    private(set) var literals: [UInt8] = []
    /// Shared numbers of all families.
    private(set) var numbers = 0

    /// Reads one template: constant bytes and markers to the end marker, then which slot is the clock, and its unit.
    mutating func add(_ reader: inout ByteReader) throws(BatchFault) {
        guard templates.count < BatchFormat.maximumPrimerTemplates + BatchFormat.maximumNewTemplates else {
            throw .malformed("too many templates")
        }
        let firstStep = steps.count
        var literal = literals.count
        while true {
            let byte = try reader.byte()
            guard let kind = SlotKind(rawValue: byte) else {
                literals.append(byte)
                continue
            }
            let parameter = kind.hasParameter ? try reader.byte() : 0
            if kind == .escape {
                literals.append(parameter)
                continue
            }
            if kind == .end { break }
            try Self.check(kind, parameter)
            guard steps.count - firstStep < BatchFormat.maximumSlots else { throw .malformed("too many slots") }
            steps.append(Template.Step(literal: literal..<literals.count, kind: kind, parameter: parameter))
            literal = literals.count
        }
        let slots = firstStep..<steps.count
        let clock = try reader.count(upTo: slots.count)
        guard let unit = TimeUnit(rawValue: clock == 0 ? 0 : try reader.byte()) else { throw .malformed("clock unit") }
        let family = try family(of: slots, clock: clock == 0 ? nil : clock - 1, unit: unit)
        templates.append(Template(slots: slots, tail: literal..<literals.count, family: family))
    }

    private static func check(_ kind: SlotKind, _ parameter: UInt8) throws(BatchFault) {
        switch kind {
        case .time: guard TimeText.Style(rawValue: parameter) != nil else { throw .malformed("time style") }
        case .upperHex, .lowerHex, .bytes, .sixBit:
            guard (1...BatchFormat.maximumFixedBytes).contains(Int(parameter)) else { throw .malformed("slot length") }
        default: break
        }
    }

    private mutating func family(of slots: Range<Int>, clock: Int?, unit: TimeUnit) throws(BatchFault) -> Int {
        if let known = families.firstIndex(where: { $0.clock == clock && $0.unit == unit && matches($0.slots, slots) })
        {
            return known
        }
        if let clock {
            let kind = steps[slots.lowerBound + clock].kind
            guard kind == .decimal || kind == .time else { throw .malformed("clock slot") }
        }
        var family = Family(
            slots: slots,
            clock: clock,
            unit: unit,
            firstNumber: numbers,
            numbers: 1,
            texts: 0,
            bytes: 0
        )
        for step in steps[slots] {
            switch step.kind {
            case .decimal, .time: family.numbers += 1
            case .text: family.texts += 1
            case .upperHex, .lowerHex, .bytes, .sixBit: family.bytes += Int(step.parameter)
            case .checksum, .escape, .end: continue
            }
        }
        numbers += family.numbers
        families.append(family)
        return families.count - 1
    }

    private func matches(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
        guard left.count == right.count else { return false }
        for (left, right) in zip(left, right)
        where steps[left].kind != steps[right].kind || steps[left].parameter != steps[right].parameter {
            return false
        }
        return true
    }
}
