// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Reads one flat JSON object from left to right (RFC 8259); values that nobody asks for are skipped as raw text.
package struct JSONLineScanner {
    private let line: UnsafeRawBufferPointer
    private var position = 0
    private var started = false

    /// A scanner over `line`, which must outlive it.
    package init(_ line: UnsafeRawBufferPointer) {
        self.line = line
    }

    /// The next key, with the scanner before its value; nil after the last one.
    package mutating func nextKey() throws(MalformedLine) -> String? {
        skipSpace()
        if !started {
            try expect("{")
            started = true
            skipSpace()
            if take("}") { return try end() }
        } else {
            if take("}") { return try end() }
            try expect(",")
            skipSpace()
        }
        let key = try string()
        skipSpace()
        try expect(":")
        skipSpace()
        return key
    }

    /// A string value as text.
    package mutating func string() throws(MalformedLine) -> String {
        let start = position
        guard let text = String(validating: try bytes(), as: UTF8.self) else { throw MalformedLine(at: start) }
        return text
    }

    /// A string value as the bytes of its UTF-8.
    package mutating func bytes() throws(MalformedLine) -> [UInt8] {
        try expect("\"")
        var out: [UInt8] = []
        while true {
            let run = try runLength()
            out += UnsafeRawBufferPointer(rebasing: line[position..<position + run])
            position += run
            if take("\"") { return out }
            position += 1
            try appendEscape(to: &out)
        }
    }

    /// A whole number.
    package mutating func integer() throws(MalformedLine) -> Int64 {
        let start = position
        while position < line.count, 48...57 ~= line[position] || line[position] == UInt8(ascii: "-") {
            position += 1
        }
        let digits = UnsafeRawBufferPointer(rebasing: line[start..<position])
        guard let value = Int64(String(decoding: digits, as: UTF8.self)) else { throw MalformedLine(at: start) }
        return value
    }

    /// Any value as it stands.
    package mutating func raw() throws(MalformedLine) -> String {
        let start = position
        var depth = 0
        repeat {
            guard position < line.count else { throw MalformedLine(at: position) }
            switch line[position] {
            case UInt8(ascii: "\""): _ = try bytes()
            case UInt8(ascii: "{"), UInt8(ascii: "["): (depth, position) = (depth + 1, position + 1)
            case UInt8(ascii: "}"), UInt8(ascii: "]"): (depth, position) = (depth - 1, position + 1)
            default: position += 1
            }
        } while depth > 0 || !atValueEnd()
        return String(decoding: UnsafeRawBufferPointer(rebasing: line[start..<position]), as: UTF8.self)
    }

    private func atValueEnd() -> Bool {
        position >= line.count || line[position] == UInt8(ascii: ",") || line[position] == UInt8(ascii: "}")
    }

    private mutating func end() throws(MalformedLine) -> String? {
        skipSpace()
        guard position == line.count else { throw MalformedLine(at: position) }
        return nil
    }

    private mutating func appendEscape(to out: inout [UInt8]) throws(MalformedLine) {
        guard position < line.count else { throw MalformedLine(at: position) }
        let escape = line[position]
        position += 1
        switch escape {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(escape)
        case UInt8(ascii: "n"): out.append(10)
        case UInt8(ascii: "r"): out.append(13)
        case UInt8(ascii: "t"): out.append(9)
        case UInt8(ascii: "b"): out.append(8)
        case UInt8(ascii: "f"): out.append(12)
        case UInt8(ascii: "u"): try appendScalar(to: &out)
        default: throw MalformedLine(at: position - 1)
        }
    }

    private mutating func appendScalar(to out: inout [UInt8]) throws(MalformedLine) {
        var code = try hexadecimal()
        if 0xD800..<0xDC00 ~= code {
            try expect("\\")
            try expect("u")
            let low = try hexadecimal()
            guard 0xDC00..<0xE000 ~= low else { throw MalformedLine(at: position) }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw MalformedLine(at: position) }
        out += Array(String(Character(scalar)).utf8)
    }

    private mutating func hexadecimal() throws(MalformedLine) -> UInt32 {
        guard position + 4 <= line.count else { throw MalformedLine(at: position) }
        let digits = String(decoding: UnsafeRawBufferPointer(rebasing: line[position..<position + 4]), as: UTF8.self)
        guard let value = UInt32(digits, radix: 16) else { throw MalformedLine(at: position) }
        position += 4
        return value
    }

    /// Bytes up to the next quote or backslash, looked for in C: a debug build reads exports of 200,000 rows, too.
    private func runLength() throws(MalformedLine) -> Int {
        guard let base = line.baseAddress else { throw MalformedLine(at: position) }
        let rest = base + position
        guard let quote = memchr(rest, Int32(UInt8(ascii: "\"")), line.count - position) else {
            throw MalformedLine(at: line.count)
        }
        let length = UnsafeRawPointer(quote) - rest
        guard let backslash = memchr(rest, Int32(UInt8(ascii: "\\")), length) else { return length }
        return UnsafeRawPointer(backslash) - rest
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(MalformedLine) {
        guard take(character) else { throw MalformedLine(at: position) }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < line.count, line[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while position < line.count, line[position] <= 32 { position += 1 }
    }
}
