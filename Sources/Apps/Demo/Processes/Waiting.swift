// SPDX-License-Identifier: Apache-2.0

/// Something did not happen in time.
package struct TimedOut: Error, CustomStringConvertible {
    /// What was waited for.
    package var waitedFor: String
    package var limit: Duration
    /// What is known at the end of the wait: last output, last status.
    package var details: String

    package init(waitedFor: String, limit: Duration, details: String = "") {
        self.waitedFor = waitedFor
        self.limit = limit
        self.details = details
    }

    package var description: String {
        "no \(waitedFor) within \(limit)" + (details.isEmpty ? "" : "\n\(details)")
    }
}

/// Looks every few milliseconds until `condition` gives a value, at most for `limit`.
package func waiting<Value>(
    for what: String,
    within limit: Duration,
    every pause: Duration = .milliseconds(5),
    details: @autoclosure () -> String = "",
    until condition: () async throws -> Value?
) async throws -> Value {
    let deadline = ContinuousClock.now + limit
    while true {
        if let value = try await condition() { return value }
        guard ContinuousClock.now < deadline else {
            throw TimedOut(waitedFor: what, limit: limit, details: details())
        }
        try await Task.sleep(for: pause)
    }
}
