// SPDX-License-Identifier: Apache-2.0

import Glibc
import Startup

/// One line that tells what happens now: written over itself at a terminal, now and then elsewhere.
package struct LiveLine {
    /// What it tells.
    package struct Moment {
        package var seconds = 0.0
        package var phase = ""
        package var published = 0
        package var glimpse: AgentGlimpse?
        package var linkBytes: UInt64 = 0

        package init() {}
    }

    private let descriptor: Int32
    private let isTerminal: Bool
    private var lastWritten = -Double.infinity
    private var lastPhase = ""

    /// - Parameter descriptor: standard error, where standard output is read by a program.
    package init(descriptor: Int32) {
        self.descriptor = descriptor
        isTerminal = isatty(descriptor) == 1
    }

    /// Writes the moment, if it is time for it.
    package mutating func show(_ moment: Moment) {
        let pause = isTerminal ? 0.2 : 1
        guard moment.phase != lastPhase || moment.seconds - lastWritten >= pause else { return }
        lastWritten = moment.seconds
        lastPhase = moment.phase
        put(isTerminal ? "\r\u{1B}[K\(Self.text(moment))" : Self.text(moment) + "\n")
    }

    /// Leaves the line standing.
    package func finish() {
        if isTerminal { put("\n") }
    }

    package static func text(_ moment: Moment) -> String {
        var parts = ["\(JSONText.decimal(moment.seconds, digits: 1)) s", moment.phase, "published \(moment.published)"]
        if let glimpse = moment.glimpse {
            parts.append("backlog \(glimpse.backlogEvents)")
            parts.append("lasts \(glimpse.hoursLeft.map { "\(JSONText.decimal($0, digits: 0)) h" } ?? "-")")
            let age = glimpse.hubAckAgeSeconds.map { "\(JSONText.decimal($0, digits: 1)) s ago" } ?? "never"
            parts.append("last hub ack \(age)")
        } else {
            parts.append("agent does not answer")
        }
        parts.append("link \(JSONText.decimal(Double(moment.linkBytes) / 1024, digits: 1)) KiB")
        return parts.joined(separator: " | ")
    }

    private func put(_ text: String) {
        var text = text
        text.withUTF8 { _ = write(descriptor, $0.baseAddress, $0.count) }
    }
}
