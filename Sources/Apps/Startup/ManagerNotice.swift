// SPDX-License-Identifier: Apache-2.0

/// What a service tells the manager that started it (sd_notify(3)).
///
/// A datagram holds any number of notices, one `NAME=value` line each:
///
///     READY=1\n
///     STATUS=current: the hub has acknowledged everything but the newest events\n
package enum ManagerNotice: Equatable {
    /// Everything that was promised for the start is done.
    case ready
    /// The stop has begun.
    case stopping
    /// One line that says how things stand.
    case status(String)
    /// It is alive; without this for longer than the watchdog's time, it is killed and started again.
    case alive
    /// The present phase may take so much longer, from now on.
    case moreTime(Duration)

    /// Bytes of one status line, at most: systemd refuses longer datagrams than its buffer holds.
    static let longestStatus = 1024

    /// One datagram.
    package static func datagram(_ notices: [ManagerNotice]) -> [UInt8] {
        notices.flatMap { Array(($0.line + "\n").utf8) }
    }

    private var line: String {
        switch self {
        case .ready: "READY=1"
        case .stopping: "STOPPING=1"
        case .status(let text): "STATUS=\(Self.oneLine(text))"
        case .alive: "WATCHDOG=1"
        case .moreTime(let time): "EXTEND_TIMEOUT_USEC=\(max(0, Int(time / .microseconds(1))))"
        }
    }

    /// A line break in a status would begin another notice.
    private static func oneLine(_ text: String) -> String {
        var line = ""
        for character in text {
            if line.utf8.count + character.utf8.count > longestStatus { break }
            let isControl = character.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }
            line.append(isControl || character.isNewline ? " " : character)
        }
        return line
    }
}
