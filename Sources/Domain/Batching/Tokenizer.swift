// SPDX-License-Identifier: Apache-2.0

/// Splits a payload into constant bytes and slots, in one scan from left to right.
///
/// What it takes for a number, a time or a word is a guess that costs bytes where it is wrong, never correctness: the
/// shape and the tokens together print the payload again, and the shape travels in the batch.
struct Tokenizer {
    /// What fills one slot.
    struct Token {
        var kind: SlotKind
        var parameter: UInt8
        var offset: Int32
        var length: Int32
        /// The number of a decimal or a time.
        var value: Int64 = 0
        /// Digits behind the point; ``notCanonical`` where a decimal's text is not canonical.
        var decimals: Int8 = 0
        /// How a long decimal is made of the number; 0 where it is not.
        var repair: Int8 = 0
    }

    static let notCanonical: Int8 = 127

    /// The template on the wire, without its clock.
    private(set) var shape: [UInt8] = []
    private(set) var tokens: [Token] = []

    /// Makes the whole payload one text.
    mutating func takeWhole(_ payload: UnsafeBufferPointer<UInt8>) {
        clear()
        append(.text, 0, 0..<payload.count)
        shape.append(SlotKind.end.rawValue)
    }

    /// Makes the whole payload one run of bytes.
    mutating func takeBytes(_ payload: UnsafeBufferPointer<UInt8>) {
        clear()
        append(.bytes, UInt8(payload.count), 0..<payload.count)
        shape.append(SlotKind.end.rawValue)
    }

    mutating func split(_ payload: UnsafeBufferPointer<UInt8>) {
        clear()
        var position = 0
        var constant = 0
        let armour = Self.armour(payload)
        let end = Self.checksumStart(payload) ?? payload.count
        while position < end {
            if position == armour.lowerBound, !armour.isEmpty {
                appendConstant(payload, constant..<position)
                append(.sixBit, UInt8(armour.count), armour)
                position = armour.upperBound
                constant = position
                continue
            }
            let kind = Self.kind(payload[position])
            guard kind != 0 else {
                position += 1
                continue
            }
            var end = position + 1
            var hasDigit = kind == 1
            while end < payload.count, Self.kind(payload[end]) != 0 {
                hasDigit = hasDigit || Self.kind(payload[end]) == 1
                end += 1
            }
            guard hasDigit || Self.isQuoted(payload, position..<end) else {
                position = end
                continue
            }
            guard tokens.count < BatchFormat.maximumSlots - 1 else { break }
            appendConstant(payload, constant..<position)
            constant = takeWord(payload, position..<end)
            position = max(constant, position + 1)
            if constant < position { position = skipWord(payload, constant) }
        }
        appendConstant(payload, constant..<position)
        if end < payload.count, position == end, tokens.count < BatchFormat.maximumSlots {
            append(.checksum, 0, end..<payload.count)
        } else if position < payload.count {
            append(.text, 0, position..<payload.count)
        }
        shape.append(SlotKind.end.rawValue)
    }

    private mutating func clear() {
        shape.removeAll(keepingCapacity: true)
        tokens.removeAll(keepingCapacity: true)
    }

    /// 1 for digits, 2 for letters and the underscore, 0 for everything else.
    @inline(__always)
    private static func kind(_ byte: UInt8) -> UInt8 {
        if byte &- 0x30 <= 9 { return 1 }
        return (byte | 0x20) &- 0x61 <= 25 || byte == 0x5F ? 2 : 0
    }

    private func skipWord(_ payload: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
        var end = start
        while end < payload.count, Self.kind(payload[end]) != 0 { end += 1 }
        return end
    }

    private static func isQuoted(_ payload: UnsafeBufferPointer<UInt8>, _ word: Range<Int>) -> Bool {
        word.lowerBound > 0 && word.upperBound < payload.count && payload[word.lowerBound - 1] == 0x22
            && payload[word.upperBound] == 0x22
    }

    private mutating func appendConstant(_ payload: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
        let constant = payload[range]
        guard constant.contains(where: { $0 >= SlotKind.checksum.rawValue }) else {
            shape.append(contentsOf: constant)
            return
        }
        for byte in constant {
            if byte >= SlotKind.checksum.rawValue { shape.append(SlotKind.escape.rawValue) }
            shape.append(byte)
        }
    }

    private mutating func append(_ kind: SlotKind, _ parameter: UInt8, _ range: Range<Int>) {
        append(
            Token(
                kind: kind,
                parameter: parameter,
                offset: Int32(range.lowerBound),
                length: Int32(range.count)
            )
        )
    }

    private mutating func append(_ token: Token) {
        shape.append(token.kind.rawValue)
        if token.kind.hasParameter { shape.append(token.parameter) }
        tokens.append(token)
    }
}

extension Tokenizer {
    /// Turns a word into a slot, which may reach beyond the word or end before it; the result is where it ends.
    private mutating func takeWord(_ payload: UnsafeBufferPointer<UInt8>, _ word: Range<Int>) -> Int {
        let rest = UnsafeBufferPointer(rebasing: payload[word.lowerBound...])
        if word.count >= 4, let time = takeTime(rest, at: word.lowerBound) { return time }
        let isQuoted = Self.isQuoted(payload, word)
        if let hex = Self.hexKind(payload, word, isQuoted: isQuoted) {
            append(hex, UInt8(word.count / 2), word)
            return word.upperBound
        }
        // The name of a frame in the log form of candump is no number.
        let isName = word.upperBound < payload.count && payload[word.upperBound] == UInt8(ascii: "#")
        if !isQuoted, !isName, let end = takeNumber(payload, word) { return end }
        if word.count > 2, payload[word.lowerBound] == 0x30, payload[word.lowerBound + 1] | 0x20 == UInt8(ascii: "x") {
            appendConstant(payload, word.lowerBound..<word.lowerBound + 2)
            append(.text, 0, word.lowerBound + 2..<word.upperBound)
            return word.upperBound
        }
        guard payload[word].contains(where: { Self.kind($0) == 1 }) else {
            appendConstant(payload, word)
            return word.upperBound
        }
        append(.text, 0, word)
        return word.upperBound
    }

    private mutating func takeTime(_ text: UnsafeBufferPointer<UInt8>, at offset: Int) -> Int? {
        guard let time = TimeText.parse(text) else { return nil }
        append(
            Token(
                kind: .time,
                parameter: time.style.rawValue,
                offset: Int32(offset),
                length: Int32(time.style.length),
                value: time.value
            )
        )
        return offset + time.style.length
    }

    /// Upper case in quotes from two digits on, lower case from eight on: shorter ones are rather names.
    private static func hexKind(
        _ payload: UnsafeBufferPointer<UInt8>,
        _ word: Range<Int>,
        isQuoted: Bool
    ) -> SlotKind? {
        guard word.count & 1 == 0, word.count <= 2 * BatchFormat.maximumFixedBytes else { return nil }
        guard isQuoted || word.count >= 8 else { return nil }
        var hasUpper = false
        var hasLower = false
        for byte in payload[word] {
            switch byte {
            case 0x30...0x39: continue
            case 0x41...0x46: hasUpper = true
            case 0x61...0x66: hasLower = true
            default: return nil
            }
        }
        if hasUpper { return hasLower ? nil : .upperHex }
        if hasLower { return word.count >= 8 ? .lowerHex : nil }
        return isQuoted ? .upperHex : nil
    }

    /// A number with sign, point and exponent; the result is nil where the word is none.
    private mutating func takeNumber(_ payload: UnsafeBufferPointer<UInt8>, _ word: Range<Int>) -> Int? {
        var end = word.lowerBound
        while end < word.upperBound, Self.kind(payload[end]) == 1 { end += 1 }
        guard end > word.lowerBound else { return nil }
        let hasLeadingZero = end - word.lowerBound > 1 && payload[word.lowerBound] == 0x30
        if end == word.upperBound, end + 1 < payload.count, payload[end] == UInt8(ascii: "."),
            Self.kind(payload[end + 1]) == 1
        {
            end += 1
            while end < payload.count, Self.kind(payload[end]) == 1 { end += 1 }
        }
        let mantissa = end
        if end + 1 < payload.count, payload[end] | 0x20 == UInt8(ascii: "e") {
            var exponent = end + 1
            if payload[exponent] == UInt8(ascii: "+") || payload[exponent] == UInt8(ascii: "-") { exponent += 1 }
            let digits = exponent
            while exponent < payload.count, Self.kind(payload[exponent]) == 1 { exponent += 1 }
            if exponent > digits { end = exponent }
        }
        // Letters after the number are a unit; digits after them make it a name.
        var unit = end
        while unit < payload.count, Self.kind(payload[unit]) == 2 { unit += 1 }
        if unit < payload.count, Self.kind(payload[unit]) == 1 { return nil }
        guard !hasLeadingZero, unit - end <= 3 else { return nil }
        appendNumber(payload, word.lowerBound..<end, isPlain: end == mantissa)
        return end
    }

    private mutating func appendNumber(_ payload: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, isPlain: Bool) {
        var start = range.lowerBound
        if start > 0, payload[start - 1] == UInt8(ascii: "-"), shape.last == UInt8(ascii: "-"),
            start == 1 || Self.kind(payload[start - 2]) == 0
        {
            shape.removeLast()
            start -= 1
        }
        var token = Token(
            kind: .decimal,
            parameter: 0,
            offset: Int32(start),
            length: Int32(range.upperBound - start),
            decimals: Self.notCanonical
        )
        if isPlain, let decimal = Decimal.parse(UnsafeBufferPointer(rebasing: payload[start..<range.upperBound])) {
            token.value = decimal.mantissa
            token.decimals = decimal.decimals
        } else if isPlain, token.length > 11,
            let (decimal, repair) = DoubleRepair.parse(
                UnsafeBufferPointer(rebasing: payload[start..<range.upperBound])
            )
        {
            token.value = decimal.mantissa
            token.decimals = decimal.decimals
            token.repair = repair.rawValue
        }
        append(token)
    }
}
