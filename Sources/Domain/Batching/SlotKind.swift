// SPDX-License-Identifier: Apache-2.0

/// What stands between the constant parts of a template; the raw value is its marker on the wire.
///
/// None of the markers occurs in UTF-8, so constant parts of text need no escapes.
enum SlotKind: UInt8 {
    /// The next byte is constant, whatever it is.
    case escape = 0xF8
    case decimal = 0xF9
    /// A time; the next byte is its style.
    case time = 0xFA
    case text = 0xFB
    /// Pairs of upper case hexadecimal digits; the next byte says how many pairs.
    case upperHex = 0xFC
    /// Pairs of lower case hexadecimal digits; the next byte says how many pairs.
    case lowerHex = 0xFD
    /// Bytes of any value; the next byte says how many.
    case bytes = 0xFE
    /// The end of the template.
    case end = 0xFF

    /// Whether a byte follows the marker.
    var hasParameter: Bool {
        switch self {
        case .escape, .time, .upperHex, .lowerHex, .bytes: true
        case .decimal, .text, .end: false
        }
    }

    /// How many columns a slot of this kind has.
    @inline(__always)
    func columns(_ parameter: UInt8) -> Int {
        switch self {
        case .decimal: 2
        case .time, .text: 1
        case .upperHex, .lowerHex, .bytes: Int(parameter)
        case .escape, .end: 0
        }
    }
}
