// SPDX-License-Identifier: Apache-2.0

/// The will of a session, to be published once it is due (MQTT 5.0 section 3.1.3.2.2).
package struct KeptWill: Sendable, Equatable {
    /// Seconds after the connection is gone.
    package var delay: UInt32
    package var message: KeptMessage

    package init(delay: UInt32, message: KeptMessage) {
        self.delay = delay
        self.message = message
    }
}
