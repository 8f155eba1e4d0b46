// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// A disk whose power can be cut: what was not synced may be lost, torn or come in any order.
///
/// Files live in a directory in memory, where programs see them as they are without a cut; beside that the disk keeps
/// what is durable. Changes reach it from SQLite, by the VFS ``vfs``, and from whatever calls ``create(_:)`` and its like.
/// From the cut on every change fails; ``restart()`` puts what is left into a new directory, with the power on again.
package final class PowerDisk: Sendable {
    enum Change {
        case write(file: Int, offset: Int, bytes: [UInt8])
        case truncate(file: Int, size: Int)
        case sync(file: Int)
        case name(UnsyncedNames.Change)
        case syncNames
    }

    struct State {
        var generator: SeededGenerator
        var files: [Int: UnsyncedFile] = [:]
        var names = UnsyncedNames()
        var nextFile = 1
        /// Files by the descriptors of those who do not go through SQLite.
        var descriptors: [Int32: Int] = [:]
        var life = 1
        /// Changes since the last restart.
        var changes = 0
        /// The change at which the power goes.
        var cut: Int?
        var sparesLog = false
        /// The changes that fail, and with what.
        var failing: ClosedRange<Int>?
        var code: Int32 = 0
        var failures = 0
        var isDead = false
        /// The change that the power went at, in words.
        var place = "idle"
        /// What the last cut left, by name.
        var remains: [String: [UInt8]] = [:]
    }

    /// The name of its VFS.
    package let vfs: String
    /// Values put in place of those that programs give: none may be longer.
    let pragmas: [String: String]
    /// Whether syncs of files beside databases do something.
    let syncsFiles: Bool
    let state: Mutex<State>
    private let base: String
    private static let numbers = Atomic(0)

    /// - Parameters:
    ///   - seed: decides what cuts leave.
    ///   - pragmas: settings of SQLite, in small letters, that programs do not get past.
    ///   - syncsFiles: false to let syncs of files beside databases do nothing.
    package init(seed: UInt64, pragmas: [String: String] = [:], syncsFiles: Bool = true) {
        let number = Self.numbers.add(1, ordering: .relaxed).newValue
        vfs = "power-\(number)"
        self.pragmas = pragmas
        self.syncsFiles = syncsFiles
        let parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
        base = "\(parent)/sluice-power-\(getpid())-\(number)"
        state = Mutex(State(generator: SeededGenerator(seed: seed)))
        mkdir(base, 0o700)
        mkdir(base + "/1", 0o700)
        PowerFile.register(self)
    }

    /// Removes the files and lets SQLite forget the disk; nothing may be open.
    package func remove() {
        PowerFile.unregister(vfs)
        Self.removeFiles(in: directory)
        rmdir(base)
    }

    /// Where the files are at present.
    package var directory: String { "\(base)/\(state.withLock { $0.life })" }

    /// Changes since the last restart.
    package var changes: Int { state.withLock { $0.changes } }

    /// Whether the power is off.
    package var isDead: Bool { state.withLock { $0.isDead } }

    /// What was going on when the power went: the kind of change and the file.
    package var place: String { state.withLock { $0.place } }

    /// Cuts the power at a change to come, the next one being 1; at none for nil.
    ///
    /// - Parameter sparingLog: not at a write to a WAL, of which there are more than of all else, but after it.
    package func cut(at number: Int?, sparingLog: Bool = false) {
        state.withLock { state in
            state.cut = number.map { state.changes + $0 }
            state.sparesLog = sparingLog
        }
    }

    /// Cuts the power at once.
    package func cutNow() {
        state.withLock { if !$0.isDead { Self.die(&$0) } }
    }

    /// Changes that have failed since the last call of ``fail(_:with:)``, syncs that told of an earlier failure included.
    package var failures: Int { state.withLock { $0.failures } }

    /// Counts a sync that fails because an earlier one of the file did, for another opener.
    func noteLateFailure() {
        state.withLock { $0.failures += 1 }
    }

    /// Makes changes to come fail with an error number, the next one being 1; none for nil.
    ///
    /// A failed sync may have done its work or not. What it has not is lost for good, though programs still see it: the
    /// kernel takes it for written and the next sync succeeds (https://wiki.postgresql.org/wiki/Fsync_Errors).
    package func fail(_ range: ClosedRange<Int>?, with code: Int32 = EIO) {
        state.withLock { state in
            state.failing = range.map { state.changes + $0.lowerBound...state.changes + $0.upperBound }
            state.code = code
            state.failures = 0
        }
    }

    /// Cuts the power if it is not off, has `damage` change what is left, and puts the power on.
    package func restart(damage: (inout [String: [UInt8]]) -> Void = { _ in }) {
        Self.removeFiles(in: directory)
        state.withLock { state in
            if !state.isDead { Self.die(&state) }
            damage(&state.remains)
            state.life += 1
            let directory = "\(base)/\(state.life)"
            mkdir(directory, 0o700)
            state.files = [:]
            state.descriptors = [:]
            var names: [String: Int] = [:]
            for (name, bytes) in state.remains.sorted(by: { $0.key < $1.key }) {
                names[name] = state.nextFile
                state.files[state.nextFile] = UnsyncedFile(durable: bytes)
                state.nextFile += 1
                Self.write(bytes, to: "\(directory)/\(name)")
            }
            state.names = UnsyncedNames(names)
            (state.changes, state.cut, state.isDead, state.remains, state.place) = (0, nil, false, [:], "idle")
            state.failing = nil
        }
    }

    /// Does a change for programs to see by `real`, which answers 0 or an error number, and notes it.
    func perform(_ change: Change, real: () -> Int32 = { 0 }) -> Int32 {
        state.withLock { state in
            guard !state.isDead else { return EIO }
            state.changes += 1
            if let failing = state.failing, failing.contains(state.changes) {
                Self.fail(change, in: &state)
                return state.code
            }
            Self.enter(change, in: &state)
            if let cut = state.cut, state.changes >= cut {
                let place = Self.words(for: change, in: state)
                if !state.sparesLog || !place.hasPrefix("write ") || !place.hasSuffix("-wal") {
                    state.place = place
                    Self.die(&state)
                    return EIO
                }
            }
            switch change {
            case .sync(let file): state.files[file]?.sync()
            case .syncNames: state.names.sync()
            default: break
            }
            return real()
        }
    }

    /// Syncs of a file that have failed.
    func failedSyncs(_ file: Int) -> Int { state.withLock { $0.files[file]?.failedSyncs ?? 0 } }

    private static func enter(_ change: Change, in state: inout State) {
        switch change {
        case .write(let file, let offset, let bytes):
            state.files[file]?.pending.append(.write(offset: offset, bytes: bytes))
        case .truncate(let file, let size): state.files[file]?.pending.append(.truncate(size: size))
        case .name(let change): state.names.add(change)
        case .sync, .syncNames: break
        }
    }

    private static func fail(_ change: Change, in state: inout State) {
        state.failures += 1
        guard case .sync(let file) = change else { return }
        state.files[file]?.failedSyncs += 1
        if Bool.random(using: &state.generator) {
            state.files[file]?.sync()
        } else {
            state.files[file]?.pending.removeAll()
        }
    }

    private static func die(_ state: inout State) {
        state.isDead = true
        let names = state.names.afterCut(&state.generator)
        state.remains = [:]
        for (name, file) in names.sorted(by: { $0.key < $1.key }) {
            state.remains[name] = state.files[file]?.afterCut(&state.generator) ?? []
        }
    }

    private static func words(for change: Change, in state: State) -> String {
        let name = { (file: Int) in state.names.live.first { $0.value == file }?.key ?? "?" }
        return switch change {
        case .write(let file, _, _): "write \(name(file))"
        case .truncate(let file, _): "truncate \(name(file))"
        case .sync(let file): "sync \(name(file))"
        case .name(.create(let made, _)): "create \(made)"
        case .name(.rename(let from, _)): "rename \(from)"
        case .name(.remove(let removed)): "remove \(removed)"
        case .syncNames: "sync directory"
        }
    }

    private static func write(_ bytes: [UInt8], to path: String) {
        guard let file = fopen(path, "w") else { return }
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
    }

    private static func removeFiles(in directory: String) {
        guard let stream = opendir(directory) else { return }
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            unlink(directory + "/" + name)
        }
        closedir(stream)
        rmdir(directory)
    }
}
