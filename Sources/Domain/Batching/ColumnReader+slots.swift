// SPDX-License-Identifier: Apache-2.0

extension ColumnReader {
    /// Reads all slots of one payload, printing them, and then the time of the event.
    mutating func readSlots(
        _ template: Template,
        _ stream: BatchModel.Stream,
        _ text: inout TextSection,
        topicLength: Int,
        room: Int
    ) throws(BatchFault) -> Int64 {
        let family = model.table.families[template.family]
        var column = BatchFormat.commonColumns + family.firstColumn + 1
        var number = 1
        var textCell = Int(stream.firstText)
        var byteCell = Int(stream.firstByte)
        var clock: Int64?
        for index in template.slots {
            let step = model.table.steps[index]
            event.append(contentsOf: model.table.literals[step.literal])
            switch step.kind {
            case .decimal, .time:
                let cell = Int(stream.firstNumber) + number
                if step.kind == .time {
                    try readTime(step.parameter, column, cell: cell, shared: family.firstNumber + number)
                } else {
                    try readDecimal(column, cell: cell, shared: family.firstNumber + number, &text)
                }
                if index - template.slots.lowerBound == family.clock {
                    clock = family.unit.milliseconds(model.numbers[cell].last, scale: model.numbers[cell].scale)
                }
                number += 1
            case .text:
                var cell = model.texts[textCell]
                try readText(column, &cell, &text, topicLength: topicLength)
                model.texts[textCell] = cell
                textCell += 1
            default: try readBytes(step, column, cell: &byteCell)
            }
            column += step.kind.columns(step.parameter)
            guard event.count <= room else { throw .tooLarge("events") }
        }
        event.append(contentsOf: model.table.literals[template.tail])
        return try readEventTime(family, stream, clock: clock)
    }

    private mutating func readEventTime(
        _ family: Family,
        _ stream: BatchModel.Stream,
        clock: Int64?
    ) throws(BatchFault) -> Int64 {
        let cell = Int(stream.firstNumber)
        let shared = clock == nil ? model.lastTime : model.shared[family.firstNumber].value(atScale: 0)
        let miss = Varint.unzigzag(try next(BatchFormat.commonColumns + family.firstColumn))
        let value = model.numbers[cell].prediction(shared: shared) &+ miss
        model.numbers[cell].learn(value, shared: shared)
        model.shared[family.firstNumber].learn(model.numbers[cell])
        return value &+ (clock ?? 0)
    }

    @inline(__always)
    private mutating func readNumber(_ miss: UInt64, cell: Int, shared: Int) -> Int64 {
        let guess = model.shared[shared].value(atScale: model.numbers[cell].scale)
        let value = model.numbers[cell].prediction(shared: guess) &+ Varint.unzigzag(miss)
        model.numbers[cell].learn(value, shared: guess)
        model.shared[shared].learn(model.numbers[cell])
        return value
    }

    private mutating func readTime(
        _ style: UInt8,
        _ column: Int,
        cell: Int,
        shared: Int
    ) throws(BatchFault) {
        let value = readNumber(try next(column), cell: cell, shared: shared)
        guard let style = TimeText.Style(rawValue: style) else { throw .malformed("time style") }
        let time = TimeText(value: value, style: style)
        try append(upTo: 26) { time.print(into: $0) }
    }

    private mutating func readDecimal(
        _ column: Int,
        cell: Int,
        shared: Int,
        _ text: inout TextSection
    ) throws(BatchFault) {
        let miss = try next(column)
        let code = try next(column + 1)
        if code == BatchFormat.escapedDecimal { return event.append(contentsOf: try text.take(miss).bytes) }
        guard code < BatchFormat.escapedDecimal else { throw .malformed("decimals") }
        let growth = code == 0 ? 0 : (code - 1) / 20
        if growth > 0 {
            guard growth - 1 > model.numbers[cell].scale, growth <= 19 else { throw .malformed("scale") }
            model.numbers[cell].rescale(to: UInt8(growth - 1))
        }
        let scale = model.numbers[cell].scale
        let value = readNumber(miss, cell: cell, shared: shared)
        let number = Decimal(mantissa: value, decimals: scale).stripped
        let decimals =
            code == 0
            ? model.numbers[cell].padding.expected(significant: number.decimals) : UInt8((code - 1) % 20)
        guard decimals >= number.decimals else { throw .malformed("decimals") }
        model.numbers[cell].learnDecimals(decimals, significant: number.decimals)
        model.shared[shared].learn(model.numbers[cell])
        try append(upTo: Decimal.maximumLength) { number.print(into: $0) }
        guard decimals > number.decimals else { return }
        if number.decimals == 0 { event.append(UInt8(ascii: ".")) }
        event.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: Int(decimals - number.decimals)))
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

    mutating func readText(
        _ column: Int,
        _ cell: inout TextCell,
        _ text: inout TextSection,
        topicLength: Int
    ) throws(BatchFault) {
        let code = try next(column)
        if code & 1 == 1 {
            cell = try text.take(code >> 1).cell
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
        guard cell.place < 0 else { return event.append(contentsOf: text.bytes(of: cell)) }
        let level = event.withBytes {
            TextCell.level(Int(-1 - cell.place), of: UnsafeBufferPointer(rebasing: $0[..<topicLength]))
        }
        guard let level else { throw .malformed("level beyond the topic") }
        // One by one: a slice of the array itself would make it copy all of itself.
        for index in level { event.append(event[index]) }
    }

    private mutating func readBytes(_ step: Template.Step, _ column: Int, cell: inout Int) throws(BatchFault) {
        for index in 0..<Int(step.parameter) {
            let miss = try next(column + index)
            guard miss <= 255 else { throw .malformed("byte beyond 255") }
            let value = model.bytes[cell].prediction &+ UInt8(miss)
            model.bytes[cell].learn(value)
            cell += 1
            if step.kind == .bytes {
                event.append(value)
            } else {
                event.append(Hex.digit(value >> 4, isUpper: step.kind == .upperHex))
                event.append(Hex.digit(value & 0xF, isUpper: step.kind == .upperHex))
            }
        }
    }
}
