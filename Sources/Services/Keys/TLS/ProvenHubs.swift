// SPDX-License-Identifier: Apache-2.0

package import Events
package import Logging
import Synchronization

/// What hubs have proved: whose keys held in full, and the latest time of day that is known to have been reached.
///
/// A gateway without a battery wakes up in 1970, and the link to the hub may be its only way to a time server: the dates in
/// a certificate must not lock it out. So where the kernel does not know its clock to be right, a hub is believed whose
/// certificate has just failed, if it names a key that was proved before under the same authorities, and had not expired at
/// the latest time that is known: the time is that or later, so it may be valid now.
///
/// That time is what a synchronised clock said when a certificate held, or else the day from which one that held is valid.
package final class ProvenHubs: Sendable {
    /// Hubs that are remembered.
    static let maximumHubs = 16
    /// Seconds by which the file may be behind: one write an hour is nothing to a flash disk.
    static let interval: Int64 = 3_600

    struct Entry: Equatable {
        /// As in the address of the link.
        var hub: String
        /// As in ``KeyPin``.
        var key: String
        /// Names the authorities that it was proved under.
        var authorities: String
        /// Known to have been reached, seconds since 1970.
        var seconds: Int64
    }

    private struct State {
        /// The latest last.
        var entries: [Entry]
        /// Hubs whose certificate did not hold just now.
        var failed: Set<String> = []
        var believed: UInt64 = 0
    }

    private let file: KeyFile
    private let clock: @Sendable () -> ClockReading
    private let logger: Logger
    private let state: Mutex<State>

    /// - Parameters:
    ///   - path: of the file; one that is missing or unreadable proves nothing.
    ///   - clock: of this machine.
    package init(path: String, clock: @escaping @Sendable () -> ClockReading, logger: Logger) {
        file = KeyFile(path)
        self.clock = clock
        self.logger = logger
        let bytes = (try? file.read(isSecret: false)) ?? []
        state = Mutex(State(entries: Self.entries(in: String(decoding: bytes, as: UTF8.self))))
    }

    /// Connections whose hub was believed by its key, as the clock could not be.
    package var believed: UInt64 { state.withLock(\.believed) }

    /// A hub's certificate did not hold at what the clock says.
    func fail(_ hub: String) {
        state.withLock { state in
            if state.entries.contains(where: { $0.hub == hub }) { state.failed.insert(hub) }
        }
    }

    /// Whether the next certificate of a hub is to be judged by what is known of it: once after each that failed.
    func isAsked(of hub: String) -> Bool {
        guard clock().quality != .synchronised else { return false }
        return state.withLock { $0.failed.remove(hub) != nil }
    }

    /// Whether a hub's certificate is believed.
    ///
    /// - Parameters:
    ///   - key: that it is for; nil where its kind is not known.
    ///   - expiry: of the certificate, seconds since 1970.
    func believes(_ hub: String, _ authorities: String, key: String?, expiry: Int64) -> Bool {
        let isBelieved = state.withLock { state in
            let latest = state.entries.last?.seconds ?? .max
            let isKnown = state.entries.contains {
                $0.hub == hub && $0.authorities == authorities && $0.key == key && expiry >= latest
            }
            if isKnown { state.believed += 1 }
            return isKnown
        }
        if isBelieved {
            logger.warning(
                """
                the hub's certificate does not hold at what this machine's clock says, which is not synchronised: the \
                hub is believed by the key that it proved before
                """,
                metadata: ["hub": "\(hub)"]
            )
        }
        return isBelieved
    }

    /// A hub's certificate held in full.
    ///
    /// - Parameter start: from when on the certificate is valid, seconds since 1970.
    func prove(_ hub: String, _ authorities: String, key: String, start: Int64) {
        let reading = clock()
        let seconds = reading.quality == .synchronised ? reading.wall / 1_000 : start
        let changed: [Entry]? = state.withLock { state in
            let latest = max(seconds, state.entries.last?.seconds ?? seconds)
            let fresh = Entry(hub: hub, key: key, authorities: authorities, seconds: latest)
            let old = state.entries.first { $0.hub == hub }
            if let old, old.key == key, old.authorities == authorities, latest - old.seconds < Self.interval {
                return nil
            }
            state.entries.removeAll { $0.hub == hub }
            state.entries = Array(state.entries.suffix(Self.maximumHubs - 1)) + [fresh]
            return state.entries
        }
        guard let changed else { return }
        do throws(KeyFault) {
            try file.replace(by: Array(Self.text(of: changed).utf8), isSecret: false)
        } catch {
            logger.warning("what a hub has proved is not remembered", metadata: ["reason": "\(error)"])
        }
    }

    // MARK: The file

    /// One line a hub: its address, key, authorities and the time, with a space between each.
    static func text(of entries: [Entry]) -> String {
        entries.map { "\($0.hub) \($0.key) \($0.authorities) \($0.seconds)\n" }.joined()
    }

    /// Reads ``text(of:)``; passes over what is no such line.
    static func entries(in text: String) -> [Entry] {
        let found = text.split(separator: "\n").compactMap { line -> Entry? in
            let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            guard words.count == 4, let seconds = Int64(words[3]), seconds > 0 else { return nil }
            return Entry(hub: words[0], key: words[1], authorities: words[2], seconds: seconds)
        }
        return found.suffix(maximumHubs).sorted { $0.seconds < $1.seconds }
    }
}
