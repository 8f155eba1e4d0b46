// SPDX-License-Identifier: Apache-2.0

/// The properties of one MQTT 5 packet in the order in which they came; always empty in MQTT 3.1.1.
///
/// An empty list costs one pointer and no allocation, so that plain packets do not pay for what they do not carry.
package struct Properties: Sendable, Equatable {
    package var items: [Property]

    package init(_ items: [Property] = []) {
        self.items = items
    }

    package var isEmpty: Bool { items.isEmpty }

    /// The value of a property with an integer type.
    package func integer(_ identifier: PropertyIdentifier) -> UInt32? {
        guard case .integer(let value)? = value(identifier) else { return nil }
        return value
    }

    /// The value of a property with a text type.
    package func text(_ identifier: PropertyIdentifier) -> String? {
        guard case .text(let value)? = value(identifier) else { return nil }
        return value
    }

    /// The value of a property with a binary type.
    package func data(_ identifier: PropertyIdentifier) -> [UInt8]? {
        guard case .data(let value)? = value(identifier) else { return nil }
        return value
    }

    /// Name and value of each user property.
    package var userProperties: [(name: String, value: String)] {
        items.compactMap { item in
            guard case .pair(let name, let value) = item.value else { return nil }
            return (name, value)
        }
    }

    package mutating func append(_ identifier: PropertyIdentifier, _ value: UInt32) {
        items.append(Property(identifier, .integer(value)))
    }

    package mutating func append(_ identifier: PropertyIdentifier, _ value: String) {
        items.append(Property(identifier, .text(value)))
    }

    private func value(_ identifier: PropertyIdentifier) -> Property.Value? {
        items.first { $0.identifier == identifier }?.value
    }
}
