// SPDX-License-Identifier: Apache-2.0

/// What a service keeps beside the events, under a number that it gives: the store knows nothing of what is in it.
package struct StateRecord: Sendable, Equatable {
    /// From 1 to 2^62.
    package var number: UInt64
    package var body: [UInt8]

    package init(number: UInt64, body: [UInt8]) {
        self.number = number
        self.body = body
    }
}
