// SPDX-License-Identifier: Apache-2.0

/// What the user asked the demo to do.
package struct DemoOptions: Sendable {
    /// A recording to replay; nil for this machine's own telemetry.
    package var recording: String?
    /// Events per second of all devices together; nil: live telemetry as planned, a recording as fast as it goes.
    package var rate: Double?

    package init(recording: String? = nil, rate: Double? = nil) {
        self.recording = recording
        self.rate = rate
    }
}
