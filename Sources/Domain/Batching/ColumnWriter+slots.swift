// SPDX-License-Identifier: Apache-2.0

extension ColumnWriter {
    mutating func writeAttributes(
        _ attributes: UnsafeBufferPointer<UInt8>,
        topic: Int,
        _ topicBytes: UnsafeBufferPointer<UInt8>
    ) {
        var cell = model.topics[topic].attributes
        values.append(code(attributes, &cell, topicBytes))
        model.topics[topic].attributes = cell
    }

    /// Writes the time of the event and all slots of its payload.
    mutating func writeSlots(
        _ payload: UnsafeBufferPointer<UInt8>,
        stream: BatchModel.Stream,
        _ topic: UnsafeBufferPointer<UInt8>,
        timestamp: Int64
    ) {
        let family = model.table.families[Int(stream.family)]
        let timePlace = values.count
        values.append(0)
        var clock: Int64 = 0
        var number = 1
        var text = Int(stream.firstText)
        var byte = Int(stream.firstByte)
        for index in tokenizer.tokens.indices {
            let token = tokenizer.tokens[index]
            let bytes = UnsafeBufferPointer(rebasing: payload[Int(token.offset)..<Int(token.offset + token.length)])
            switch token.kind {
            case .decimal, .time:
                let cell = Int(stream.firstNumber) + number
                if token.kind == .time {
                    write(token.value, cell: cell, shared: family.firstNumber + number)
                } else {
                    write(token, bytes, cell: cell, shared: family.firstNumber + number)
                }
                if index == family.clock {
                    clock = family.unit.milliseconds(model.numbers[cell].last, scale: model.numbers[cell].scale)
                }
                number += 1
            case .text:
                var cell = model.texts[text]
                values.append(code(bytes, &cell, topic))
                model.texts[text] = cell
                text += 1
            default: write(bytes, kind: token.kind, cell: &byte)
            }
        }
        writeTime(timestamp, clock: family.clock == nil ? nil : clock, family, stream, at: timePlace)
    }

    private mutating func writeTime(
        _ timestamp: Int64,
        clock: Int64?,
        _ family: Family,
        _ stream: BatchModel.Stream,
        at place: Int
    ) {
        let cell = Int(stream.firstNumber)
        let shared = clock == nil ? model.lastTime : model.shared[family.firstNumber].value(atScale: 0)
        let value = timestamp &- (clock ?? 0)
        values[place] = Varint.zigzag(value &- model.numbers[cell].prediction(shared: shared))
        model.numbers[cell].learn(value, shared: shared)
        model.shared[family.firstNumber].learn(model.numbers[cell])
    }

    @inline(__always)
    private mutating func write(_ value: Int64, cell: Int, shared: Int) {
        let guess = model.shared[shared].value(atScale: model.numbers[cell].scale)
        values.append(Varint.zigzag(value &- model.numbers[cell].prediction(shared: guess)))
        model.numbers[cell].learn(value, shared: guess)
        model.shared[shared].learn(model.numbers[cell])
    }

    private mutating func write(
        _ token: Tokenizer.Token,
        _ bytes: UnsafeBufferPointer<UInt8>,
        cell: Int,
        shared: Int
    ) {
        guard token.decimals != Tokenizer.notCanonical else { return escape(bytes) }
        let number = Decimal(mantissa: token.value, decimals: token.decimals).stripped
        var scale = model.numbers[cell].scale
        let growth = number.decimals > scale ? UInt64(number.decimals) + 1 : 0
        scale = max(scale, number.decimals)
        let (value, overflow) = number.mantissa.multipliedReportingOverflow(
            by: Decimal.power(scale - number.decimals)
        )
        guard !overflow else { return escape(bytes) }
        if growth > 0 { model.numbers[cell].rescale(to: scale) }
        let expected = model.numbers[cell].padding.expected(significant: number.decimals)
        write(value, cell: cell, shared: shared)
        values.append(growth == 0 && expected == token.decimals ? 0 : 1 + UInt64(token.decimals) + 20 * growth)
        model.numbers[cell].learnDecimals(token.decimals, significant: number.decimals)
        model.shared[shared].learn(model.numbers[cell])
    }

    /// Writes a decimal as the text that it is.
    private mutating func escape(_ bytes: UnsafeBufferPointer<UInt8>) {
        values.append(UInt64(bytes.count))
        values.append(BatchFormat.escapedDecimal)
        text.append(contentsOf: bytes)
    }

    private mutating func write(_ bytes: UnsafeBufferPointer<UInt8>, kind: SlotKind, cell: inout Int) {
        func put(_ value: UInt8) {
            values.append(UInt64(value &- model.bytes[cell].prediction))
            model.bytes[cell].learn(value)
            cell += 1
        }
        guard kind != .bytes else {
            for value in bytes { put(value) }
            return
        }
        var position = 0
        while position < bytes.count {
            put(Hex.value(bytes[position]) << 4 | Hex.value(bytes[position + 1]))
            position += 2
        }
    }

    /// The code of a text: 0 the same again, odd a new literal, even a level of the topic or an entry of the dictionary.
    private mutating func code(
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ cell: inout TextCell,
        _ topic: UnsafeBufferPointer<UInt8>
    ) -> UInt64 {
        if isSame(bytes, cell, topic) { return 0 }
        for level in 0..<BatchFormat.topicLevels {
            guard let range = TextCell.level(level, of: topic) else { break }
            guard Self.equal(topic, range, bytes) else { continue }
            cell = TextCell(place: Int32(-1 - level), length: Int32(range.count))
            return 2 + 2 * UInt64(level)
        }
        let hash = HashIndex.hash(bytes)
        if let known = knownText(bytes, hash) {
            cell = model.dictionary[known]
            return 2 + 2 * UInt64(BatchFormat.topicLevels + known)
        }
        cell = TextCell(place: Int32(text.count), length: Int32(bytes.count))
        text.append(contentsOf: bytes)
        let count = model.dictionary.count
        model.remember(cell)
        if model.dictionary.count > count { textIndex.insert(count, hash: hash) }
        return 1 + 2 * UInt64(bytes.count)
    }

    private func isSame(
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ cell: TextCell,
        _ topic: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        if cell.place >= 0 { return equalsText(bytes, cell) }
        guard let range = TextCell.level(Int(-1 - cell.place), of: topic) else { return false }
        return Self.equal(topic, range, bytes)
    }

    private func knownText(_ bytes: UnsafeBufferPointer<UInt8>, _ hash: UInt32) -> Int? {
        textIndex.find(hash) { equalsText(bytes, model.dictionary[$0]) }
    }

    private func equalsText(_ bytes: UnsafeBufferPointer<UInt8>, _ cell: TextCell) -> Bool {
        let range = Int(cell.place)..<Int(cell.place + cell.length)
        return text.withUnsafeBufferPointer { Self.equal($0, range, bytes) }
    }
}
