// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import Synchronization

/// Writes a line of each kind once per interval and counts the rest, so that a flood of mistakes cannot fill a disk.
final class LogThrottle: Sendable {
    private struct Line {
        var since: NIODeadline
        var suppressed = 0
    }

    private let lines = Mutex<[String: Line]>([:])
    private let interval: TimeAmount
    private let logger: Logger

    init(logger: Logger, interval: TimeAmount = .seconds(10)) {
        self.logger = logger
        self.interval = interval
    }

    /// Logs `text` unless a line of this kind was written a short time ago.
    func warn(_ kind: String, _ text: @autoclosure () -> String, metadata: Logger.Metadata = [:]) {
        let now = NIODeadline.now()
        let suppressed: Int? = lines.withLock { lines in
            guard let line = lines[kind], now < line.since + interval else {
                let suppressed = lines[kind]?.suppressed ?? 0
                lines[kind] = Line(since: now)
                return suppressed
            }
            lines[kind]?.suppressed += 1
            return nil
        }
        guard let suppressed else { return }
        var metadata = metadata
        if suppressed > 0 { metadata["suppressed"] = "\(suppressed)" }
        logger.warning("\(text())", metadata: metadata)
    }
}
