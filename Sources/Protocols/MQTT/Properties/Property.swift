// SPDX-License-Identifier: Apache-2.0

/// One MQTT 5 property (MQTT 5.0 section 2.2.2.2).
package struct Property: Sendable, Equatable {
    package enum Value: Sendable, Equatable {
        /// One, two or four bytes, or a variable byte integer, by the identifier.
        case integer(UInt32)
        case text(String)
        case data([UInt8])
        case pair(String, String)
    }

    /// How the value of a property lies on the wire.
    package enum Kind: Sendable {
        case oneByte
        case twoBytes
        case fourBytes
        case variable
        case text
        case data
        case pair
    }

    package var identifier: PropertyIdentifier
    package var value: Value

    package init(_ identifier: PropertyIdentifier, _ value: Value) {
        self.identifier = identifier
        self.value = value
    }
}
