// SPDX-License-Identifier: Apache-2.0

/// What happens to the link and the agent, in this order.
package enum DemoStep: CaseIterable, Sendable {
    /// The link goes silent: nothing is forwarded, nothing is closed.
    case cut
    /// `kill -9` of the agent, while the link is cut.
    case kill
    /// It is started again, still without a link.
    case start
    case restore
    /// The restored link breaks once more, this time with a TCP reset.
    case reset
    /// Devices publish nothing new.
    case stop

    /// When live telemetry has run for so long, the step is due.
    package var time: Duration {
        switch self {
        case .cut: .seconds(5)
        case .kill: .seconds(10)
        case .start: .milliseconds(10_500)
        case .restore: .seconds(17)
        case .reset: .seconds(21)
        case .stop: .seconds(24)
        }
    }

    /// When so much of a recording is acknowledged, or the time above has passed, the step is due.
    package var share: Double {
        switch self {
        case .cut: 0.1
        case .kill: 0.3
        case .start: 0.3
        case .restore: 0.6
        case .reset: 0.8
        case .stop: 1
        }
    }

    /// However fast a recording goes, the step before holds for so long.
    package var earliestAfterLast: Duration {
        switch self {
        case .cut, .stop: .zero
        case .kill, .restore: .seconds(1)
        case .start: .milliseconds(300)
        // Not in the middle of the drain, whose rate is measured.
        case .reset: .seconds(2)
        }
    }

    /// How long a recording may run; then it is stopped short, so that the demo ends within a minute.
    package static let longestReplay: Duration = .seconds(35)

    /// Whether the step is due.
    ///
    /// - Parameters:
    ///   - elapsed: since the devices started.
    ///   - sinceLast: since the step before.
    ///   - share: of the recording, acknowledged; nil for live telemetry.
    package func isDue(elapsed: Duration, sinceLast: Duration, share done: Double?) -> Bool {
        guard let done else { return elapsed >= time }
        if sinceLast < earliestAfterLast { return false }
        if self == .stop { return done >= share || elapsed >= Self.longestReplay }
        return done >= share || elapsed >= time
    }

    /// What the live line says from this step on.
    package var phase: String {
        switch self {
        case .cut: "link cut"
        case .kill: "agent killed"
        case .start: "agent restarted, link cut"
        case .restore: "link restored"
        case .reset: "link reset once"
        case .stop: "devices done"
        }
    }
}
