// SPDX-License-Identifier: Apache-2.0

/// What stands between the constant parts of a template; the raw value is its marker on the wire.
///
/// None of the markers occurs in UTF-8, so constant parts of text need no escapes.
enum SlotKind: UInt8 {
    /// Two upper case hexadecimal digits: the exclusive or of the bytes between the first one of the payload and the one
    /// before the slot, as NMEA 0183 sentences end.
    case checksum = 0xF6
    /// Characters of six bits as in NMEA 0183 armour (ITU-R M.1371, IEC 61162-1); the next byte says how many.
    case sixBit = 0xF7
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
        case .escape, .time, .upperHex, .lowerHex, .bytes, .sixBit: true
        case .decimal, .text, .checksum, .end: false
        }
    }
}
