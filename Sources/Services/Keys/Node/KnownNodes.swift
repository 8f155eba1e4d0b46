// SPDX-License-Identifier: Apache-2.0

import Glibc
package import Provenance
import Synchronization

/// The keys that a hub knows its nodes by: the first that a node shows is believed, and no other after it.
///
/// They are the lines of a text file, one ``VerifierKey`` each; people may add, remove and comment on (`#`) lines while the
/// hub runs. A node whose lines are removed is learned anew; with two lines of one kind it may show either key.
package final class KnownNodes: Sendable {
    package static let fileName = "known_nodes"

    /// What tells one state of the file from another.
    private struct Stamp: Equatable {
        var inode: ino_t = 0
        var size: off_t = 0
        var seconds = 0
        var nanoseconds = 0
    }

    private struct State {
        var stamp: Stamp?
        var text = ""
        var keys: [String: [VerifierKey]] = [:]
        /// Names that were learned since that time.
        var learned = 0
        var since = ContinuousClock.now
    }

    /// Names that are learned: each is a write, and without certificates anybody may come with some.
    private static let maximumNodes = 20_000
    private static let maximumPerMinute = 1_000

    private let file: KeyFile
    private let state = Mutex(State())

    /// Reads the file, so that a line that is no key is complained of at the start; there may be none yet.
    package init(path: String) throws(KeyFault) {
        file = KeyFile(path)
        _ = try all()
    }

    /// Every known key, by name.
    package func all() throws(KeyFault) -> [VerifierKey] {
        let read = state.withLock { state in Self.current(&state, file) }
        return try read.get().values.flatMap(\.self).sorted { $0.text < $1.text }
    }

    /// Believes that the node of the keys shown has signed `message`, or says why not.
    ///
    /// A node that is not known yet is learned, durably, before this returns. A further kind of key is learned with a
    /// message that a known key has signed, too.
    ///
    /// - Parameter shown: at least one, all of one name.
    package func verify(_ shown: [ShownKey], of message: [UInt8]) throws(KnownNodeFault) {
        guard let node = shown.first?.key.name, shown.allSatisfy({ $0.key.name == node }),
            shown.allSatisfy({ $0.key.isValid($0.signature, of: message) })
        else { throw .badSignature(node: shown.first?.key.name ?? "") }
        let result: Result<Void, KnownNodeFault> = state.withLock { state in
            Self.meet(shown.map(\.key), node: node, &state, file)
        }
        try result.get()
    }

    private static func meet(
        _ shown: [VerifierKey],
        node: String,
        _ state: inout State,
        _ file: KeyFile
    ) -> Result<Void, KnownNodeFault> {
        let known: [VerifierKey]
        switch current(&state, file) {
        case .failure(let fault): return .failure(.file(fault))
        case .success(let keys): known = keys[node] ?? []
        }
        let new = shown.filter { !known.contains($0) }
        if new.isEmpty { return .success(()) }
        let isOther = new.contains { key in known.contains { $0.kind == key.kind } }
        guard !isOther, known.isEmpty || new.count < shown.count else {
            return .failure(.otherKey(node: node, path: file.path))
        }
        return learn(new, &state, file)
    }

    private static func learn(
        _ keys: [VerifierKey],
        _ state: inout State,
        _ file: KeyFile
    ) -> Result<Void, KnownNodeFault> {
        var text = state.text
        if !text.isEmpty, !text.hasSuffix("\n") { text += "\n" }
        text += keys.map { $0.text + "\n" }.joined()
        guard takesMore(&state) else { return .failure(.full(path: file.path)) }
        // What would not be read again is not written.
        guard let read = try? KeyList(text: text), keys.allSatisfy(read.keys.contains) else {
            return .failure(.badName(node: keys.first?.name ?? ""))
        }
        do throws(KeyFault) {
            try file.replace(by: Array(text.utf8), isSecret: false)
        } catch {
            return .failure(.file(error))
        }
        return current(&state, file).map { _ in }.mapError { .file($0) }
    }

    private static func takesMore(_ state: inout State) -> Bool {
        let now = ContinuousClock.now
        if now - state.since > .seconds(60) { (state.learned, state.since) = (0, now) }
        guard state.keys.count < maximumNodes, state.learned < maximumPerMinute else { return false }
        state.learned += 1
        return true
    }

    /// What the file says now; it is read again only where it has changed.
    private static func current(
        _ state: inout State,
        _ file: KeyFile
    ) -> Result<[String: [VerifierKey]], KeyFault> {
        let stamp = stamp(of: file.path)
        if stamp == state.stamp { return .success(state.keys) }
        do throws(KeyFault) {
            let text = String(decoding: try file.read(isSecret: false) ?? [], as: UTF8.self)
            let keys = try keys(in: text, of: file)
            (state.stamp, state.text, state.keys) = (stamp, text, keys)
            return .success(state.keys)
        } catch {
            return .failure(error)
        }
    }

    private static func keys(in text: String, of file: KeyFile) throws(KeyFault) -> [String: [VerifierKey]] {
        do throws(KeyList.Fault) {
            return Dictionary(grouping: try KeyList(text: text).keys, by: \.name)
        } catch {
            throw file.fault("\(error)")
        }
    }

    /// All zero where there is no file.
    private static func stamp(of path: String) -> Stamp {
        var status = stat()
        guard stat(path, &status) == 0 else { return Stamp() }
        return Stamp(
            inode: status.st_ino,
            size: status.st_size,
            seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec
        )
    }
}
