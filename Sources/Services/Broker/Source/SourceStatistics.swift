// SPDX-License-Identifier: Apache-2.0

/// What has come from the broker that an agent reads from, since the agent started.
package struct SourceStatistics: Sendable, Equatable {
    /// Host and port.
    package var address: String
    /// Whether it has let the agent in and has not closed since.
    package var isReading = false
    /// Why it is not read, in words.
    package var trouble: String?
    /// Messages that are in the store, or stay local by configuration.
    package var stored: UInt64 = 0
    /// Since the last of them.
    package var sinceLast: Duration?

    package init(address: String) {
        self.address = address
    }
}
