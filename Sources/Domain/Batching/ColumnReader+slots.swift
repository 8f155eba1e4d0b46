// SPDX-License-Identifier: Apache-2.0

extension ColumnReader {
    /// Reads all slots of one payload, printing them, and then the time of the event.
    mutating func readSlots(
        _ templateIndex: Int,
        _ stream: BatchModel.Stream,
        _ codes: inout CodeReader,
        topicLength: Int,
        room: Int
    ) throws(BatchFault) -> Int64 {
        let template = model.table.templates[templateIndex]
        let family = model.table.families[template.family]
        let payloadStart = event.count
        var number = 1
        var textCell = Int(stream.firstText)
        var byteCell = Int(stream.firstByte)
        var clock: Int64?
        model.references = References()
        model.key = ContextKey(template: templateIndex)
        for index in template.slots {
            let step = model.table.steps[index]
            event.append(contentsOf: model.table.literals[step.literal])
            switch step.kind {
            case .decimal, .time:
                let cell = Int(stream.firstNumber) + number
                let isClock = index - template.slots.lowerBound == family.clock
                let origin = isClock ? family.unit.value(milliseconds: baseTime) : 0
                if step.kind == .time {
                    try readTime(
                        step.parameter,
                        origin: origin,
                        cell: cell,
                        shared: family.firstNumber + number,
                        &codes
                    )
                } else {
                    try readDecimal(origin: origin, cell: cell, shared: family.firstNumber + number, &codes)
                }
                if isClock {
                    clock = model.clock(cell, family.unit, origin: origin) &- baseTime
                }
                number += 1
            case .text:
                let code = try codes.next(&model.texts[textCell].level)
                var cell = model.texts[textCell].last
                try readText(code, &cell, topicLength: topicLength)
                model.texts[textCell].last = cell
                model.key.append(cell)
                textCell += 1
            case .checksum: appendChecksum(from: payloadStart)
            default: try readBytes(step, cell: &byteCell, &codes)
            }
            guard event.count <= room else { throw .tooLarge("events") }
        }
        event.append(contentsOf: model.table.literals[template.tail])
        return try readEventTime(family, stream, clock: clock, &codes)
    }

    private mutating func readEventTime(
        _ family: Family,
        _ stream: BatchModel.Stream,
        clock: Int64?,
        _ codes: inout CodeReader
    ) throws(BatchFault) -> Int64 {
        let cell = Int(stream.firstNumber)
        let shared = clock == nil ? model.lastTime : model.shared[family.firstNumber].value(atScale: 0)
        let miss = Varint.unzigzag(try codes.next(&model.numbers[cell].level))
        let value = model.expectedTime(cell, shared: shared) &+ miss
        model.learnTime(value, cell, shared: family.firstNumber)
        return value &+ (clock ?? 0)
    }

    @inline(__always)
    private mutating func readNumber(_ miss: UInt64, cell: Int, shared: Int) -> Int64 {
        let value = model.expectedNumber(cell, shared: shared) &+ Varint.unzigzag(miss)
        model.learnNumber(value, cell, shared: shared)
        return value
    }

    private mutating func readTime(
        _ style: UInt8,
        origin: Int64,
        cell: Int,
        shared: Int,
        _ codes: inout CodeReader
    ) throws(BatchFault) {
        let value = readNumber(try codes.next(&model.numbers[cell].level), cell: cell, shared: shared)
        guard let style = TimeText.Style(rawValue: style) else { throw .malformed("time style") }
        let time = TimeText(value: value &+ origin, style: style)
        try append(upTo: 26) { time.print(into: $0) }
    }

    private mutating func readDecimal(
        origin: Int64,
        cell: Int,
        shared: Int,
        _ codes: inout CodeReader
    ) throws(BatchFault) {
        let miss = try codes.next(&model.numbers[cell].level)
        let code = try codes.next(&model.numbers[cell].printLevel)
        if code == DecimalPrint.escape { return event.append(contentsOf: model.text[try takeText(miss)]) }
        let print = try DecimalPrint(code: code, expecting: model.numbers[cell].repair)
        let scale = model.numbers[cell].scale + print.growth
        guard scale <= Decimal.maximumDecimals else { throw .malformed("scale") }
        if print.growth > 0 { model.numbers[cell].rescale(to: scale) }
        let value = readNumber(miss, cell: cell, shared: shared) &+ Decimal.rescaled(origin, from: 0, to: scale)
        let number = Decimal(mantissa: value, decimals: scale).stripped
        model.numbers[cell].repair = print.repair
        guard let mantissa = number.mantissa(atScale: max(number.decimals, 0)) else { throw .malformed("decimals") }
        let plain = Decimal(mantissa: mantissa, decimals: max(number.decimals, 0))
        if let repair = DoubleRepair(rawValue: print.repair) {
            model.shared[shared].learn(model.numbers[cell])
            return event.append(contentsOf: repair.print(plain).utf8)
        }
        let decimals = print.decimals ?? model.numbers[cell].padding.expected(significant: number.decimals)
        guard decimals >= plain.decimals else { throw .malformed("decimals") }
        model.numbers[cell].learnDecimals(decimals, significant: number.decimals)
        model.shared[shared].learn(model.numbers[cell])
        try append(upTo: Decimal.maximumLength) { plain.print(into: $0) }
        guard decimals > plain.decimals else { return }
        if plain.decimals == 0 { event.append(UInt8(ascii: ".")) }
        event.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: Int(decimals - plain.decimals)))
    }

    private mutating func append(
        upTo length: Int,
        _ print: (UnsafeMutableBufferPointer<UInt8>) -> Int?
    ) throws(BatchFault) {
        let start = event.count
        event.append(contentsOf: repeatElement(0, count: length))
        let used = event.withUnsafeMutableBufferPointer { print(UnsafeMutableBufferPointer(rebasing: $0[start...])) }
        guard let used else { throw .malformed("time beyond the calendar") }
        event.removeLast(length - used)
    }

    /// The next literal text.
    private mutating func takeText(_ length: UInt64) throws(BatchFault) -> Range<Int> {
        guard length <= UInt64(model.text.count - textPosition) else { throw .malformed("text ends early") }
        textPosition += Int(length)
        return textPosition - Int(length)..<textPosition
    }

    mutating func readText(_ code: UInt64, _ cell: inout TextCell, topicLength: Int) throws(BatchFault) {
        if code & 1 == 1 {
            let range = try takeText(code >> 1)
            cell = TextCell(place: Int32(range.lowerBound), length: Int32(range.count))
            model.remember(cell)
        } else if code > 0 {
            let reference = code / 2 - 1
            if reference >= UInt64(BatchFormat.topicLevels) {
                let index = reference - UInt64(BatchFormat.topicLevels)
                guard index < UInt64(model.dictionary.count) else { throw .malformed("text beyond the dictionary") }
                cell = model.dictionary[Int(index)]
            } else {
                cell = TextCell(place: Int32(-1 - Int(reference)), length: 0)
            }
        }
        guard cell.place < 0 else { return event.append(contentsOf: model.text[cell.range]) }
        let level = event.withBytes {
            TextCell.level(Int(-1 - cell.place), of: UnsafeBufferPointer(rebasing: $0[..<topicLength]))
        }
        guard let level else { throw .malformed("level beyond the topic") }
        // One by one: a slice of the array itself would make it copy all of itself.
        for index in level { event.append(event[index]) }
    }

    /// Prints the checksum of the sentence so far, whose last byte is the asterisk.
    private mutating func appendChecksum(from start: Int) {
        let checksum = event.withUnsafeBufferPointer {
            SixBit.checksum($0[min(start + 1, $0.count)..<max($0.count - 1, min(start + 1, $0.count))])
        }
        event.append(Hex.digit(checksum >> 4, isUpper: true))
        event.append(Hex.digit(checksum & 0xF, isUpper: true))
    }

    private mutating func readBytes(
        _ step: Template.Step,
        cell: inout Int,
        _ codes: inout CodeReader
    ) throws(BatchFault) {
        var frame = ByteFrame(width: step.kind == .sixBit ? 6 : 8)
        for _ in 0..<Int(step.parameter) {
            let code = try codes.next(&model.bytes[cell][level: frame])
            let guess = model.byteGuess(cell, frame)
            let value = try frame.value(code, guess: guess.value)
            model.learnByte(value, guess, cell)
            frame.append(value, guess: guess.value)
            cell += 1
            switch step.kind {
            case .bytes: event.append(value)
            case .sixBit: event.append(SixBit.character(value))
            default:
                event.append(Hex.digit(value >> 4, isUpper: step.kind == .upperHex))
                event.append(Hex.digit(value & 0xF, isUpper: step.kind == .upperHex))
            }
        }
    }
}
