// SPDX-License-Identifier: Apache-2.0

extension ColumnWriter {
    mutating func writeAttributes(
        _ attributes: UnsafeBufferPointer<UInt8>,
        topic: Int,
        _ topicBytes: UnsafeBufferPointer<UInt8>
    ) {
        var cell = model.topics[topic].attributes
        let code = code(attributes, &cell, topicBytes)
        model.topics[topic].attributes = cell
        codes.append(code, &model.attributesLevel)
    }

    /// Writes the time of the event and all slots of its payload.
    mutating func writeSlots(
        _ payload: UnsafeBufferPointer<UInt8>,
        template: Int,
        stream: BatchModel.Stream,
        _ topic: UnsafeBufferPointer<UInt8>,
        timestamp: Int64
    ) {
        let family = model.table.families[Int(stream.family)]
        var clock: Int64 = 0
        model.references = References()
        model.key = ContextKey(template: template)
        var number = 1
        var text = Int(stream.firstText)
        var byte = Int(stream.firstByte)
        for index in tokenizer.tokens.indices {
            let token = tokenizer.tokens[index]
            let bytes = UnsafeBufferPointer(rebasing: payload[Int(token.offset)..<Int(token.offset + token.length)])
            switch token.kind {
            case .decimal, .time:
                let cell = Int(stream.firstNumber) + number
                let origin = index == family.clock ? family.unit.value(milliseconds: baseTime) : 0
                if token.kind == .time {
                    write(token.value &- origin, cell: cell, shared: family.firstNumber + number)
                } else {
                    write(token, bytes, origin: origin, cell: cell, shared: family.firstNumber + number)
                }
                if index == family.clock {
                    clock = model.clock(cell, family.unit, origin: origin) &- baseTime
                }
                number += 1
            case .text:
                var cell = model.texts[text].last
                let code = code(bytes, &cell, topic)
                model.texts[text].last = cell
                codes.append(code, &model.texts[text].level)
                model.key.append(cell)
                text += 1
            case .checksum: continue
            default: write(bytes, kind: token.kind, cell: &byte)
            }
        }
        writeTime(timestamp &- baseTime, clock: family.clock == nil ? nil : clock, family, stream)
    }

    private mutating func writeTime(
        _ timestamp: Int64,
        clock: Int64?,
        _ family: Family,
        _ stream: BatchModel.Stream
    ) {
        let cell = Int(stream.firstNumber)
        let shared = clock == nil ? model.lastTime : model.shared[family.firstNumber].value(atScale: 0)
        let value = timestamp &- (clock ?? 0)
        codes.append(
            Varint.zigzag(value &- model.expectedTime(cell, shared: shared)),
            &model.numbers[cell].level
        )
        model.learnTime(value, cell, shared: family.firstNumber)
    }

    @inline(__always)
    private mutating func write(_ value: Int64, cell: Int, shared: Int) {
        codes.append(
            Varint.zigzag(value &- model.expectedNumber(cell, shared: shared)),
            &model.numbers[cell].level
        )
        model.learnNumber(value, cell, shared: shared)
    }

    private mutating func write(
        _ token: Tokenizer.Token,
        _ bytes: UnsafeBufferPointer<UInt8>,
        origin: Int64,
        cell: Int,
        shared: Int
    ) {
        guard token.decimals != Tokenizer.notCanonical else { return escape(bytes, cell: cell) }
        let number = Decimal(mantissa: token.value, decimals: token.decimals).stripped
        let scale = max(model.numbers[cell].scale, number.decimals)
        guard let value = number.mantissa(atScale: scale) else { return escape(bytes, cell: cell) }
        let growth = scale - model.numbers[cell].scale
        if growth > 0 { model.numbers[cell].rescale(to: scale) }
        let expected = model.numbers[cell].padding.expected(significant: number.decimals)
        write(value &- Decimal.rescaled(origin, from: 0, to: scale), cell: cell, shared: shared)
        codes.append(
            DecimalPrint(
                repair: token.repair,
                growth: growth,
                decimals: token.repair != 0 || expected == token.decimals ? nil : token.decimals
            ).code(expecting: model.numbers[cell].repair),
            &model.numbers[cell].printLevel
        )
        model.numbers[cell].repair = token.repair
        if token.repair == 0 {
            model.numbers[cell].learnDecimals(token.decimals, significant: number.decimals)
        }
        model.shared[shared].learn(model.numbers[cell])
    }

    /// Writes a decimal as the text that it is.
    private mutating func escape(_ bytes: UnsafeBufferPointer<UInt8>, cell: Int) {
        codes.append(UInt64(bytes.count), &model.numbers[cell].level)
        codes.append(DecimalPrint.escape, &model.numbers[cell].printLevel)
        model.text.append(contentsOf: bytes)
    }

    /// Writes a run of bytes, pairs of hexadecimal digits, or armour.
    private mutating func write(_ bytes: UnsafeBufferPointer<UInt8>, kind: SlotKind, cell: inout Int) {
        var frame = ByteFrame(width: kind == .sixBit ? 6 : 8)
        var position = 0
        while position < bytes.count {
            let value: UInt8
            switch kind {
            case .bytes: value = bytes[position]
            case .sixBit: value = SixBit.value(bytes[position]) ?? 0
            default:
                value = Hex.value(bytes[position]) << 4 | Hex.value(bytes[position + 1])
                position += 1
            }
            position += 1
            let guess = model.byteGuess(cell, frame)
            codes.append(frame.code(value, guess: guess.value), &model.bytes[cell][level: frame])
            model.learnByte(value, guess, cell)
            frame.append(value, guess: guess.value)
            cell += 1
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
        cell = TextCell(place: Int32(model.text.count), length: Int32(bytes.count))
        model.text.append(contentsOf: bytes)
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
        return model.text.withUnsafeBufferPointer { Self.equal($0, range, bytes) }
    }
}
