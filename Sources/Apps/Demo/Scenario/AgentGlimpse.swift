// SPDX-License-Identifier: Apache-2.0

import Startup

/// What the agent says of itself at one moment, for the live line; never for the verdict.
package struct AgentGlimpse: Sendable, Equatable {
    package var state = ""
    package var backlogEvents: UInt64 = 0
    package var backlogBytes: UInt64 = 0
    package var hoursLeft: Double?
    package var hubAckAgeSeconds: Double?

    package init() {}

    /// Asks on the agent's socket; nil when it does not answer.
    package static func ask(socket path: String) -> AgentGlimpse? {
        guard let line = try? ControlClient.request("status", path: path, timeoutSeconds: 1) else { return nil }
        return AgentGlimpse(line: line)
    }

    /// Reads the answer; nil when it is not one.
    package init?(line: String) {
        var line = line
        let read = line.withUTF8 { bytes in try? Self.read(UnsafeRawBufferPointer(bytes)) }
        guard let read else { return nil }
        self = read
    }

    private static func read(_ line: UnsafeRawBufferPointer) throws(MalformedLine) -> AgentGlimpse {
        var scanner = JSONLineScanner(line)
        var glimpse = AgentGlimpse()
        while let key = try scanner.nextKey() {
            switch key {
            case "state": glimpse.state = try scanner.string()
            case "backlog_events": glimpse.backlogEvents = UInt64(try scanner.raw()) ?? 0
            case "backlog_bytes": glimpse.backlogBytes = UInt64(try scanner.raw()) ?? 0
            case "hours_left": glimpse.hoursLeft = Double(try scanner.raw())
            case "hub_ack_age_s": glimpse.hubAckAgeSeconds = Double(try scanner.raw())
            default: _ = try scanner.raw()
            }
        }
        return glimpse
    }
}
