// SPDX-License-Identifier: Apache-2.0

import CSQLite
import Dispatch
import Glibc
package import Synchronization

/// A SQLite VFS that records writes and syncs and can make one of them fail (https://sqlite.org/vfs.html).
///
/// A thin layer over the default one; each instance registers itself under a name of its own.
package final class FaultVFS: Sendable {
    package enum Operation: Equatable, Sendable {
        case write(String)
        case sync(String)
        case note(String)
    }

    package struct Plan: Sendable {
        package var operations: [Operation] = []
        /// Writes and syncs so far.
        package var count = 0
        /// Which of them fail, and with what.
        package var failing: ClosedRange<Int>?
        package var code = SQLITE_FULL
        package var failures = 0
        /// Reads so far.
        package var reads = 0
        /// What writes to the database itself, which checkpoints alone do, wait for.
        fileprivate var barrier: DispatchSemaphore?
    }

    package let name: String
    package let plan = Mutex(Plan())
    /// Called after each write that went well.
    package let afterWrite = Mutex<(@Sendable () -> Void)?>(nil)
    private static let numbers = Atomic(0)

    package init() {
        name = "fault-\(Self.numbers.add(1, ordering: .relaxed).newValue)"
        FaultFile.register(self)
    }

    /// Adds something of the test's own to the record.
    package func note(_ text: String) {
        plan.withLock { $0.operations.append(.note(text)) }
    }

    package var operations: [Operation] { plan.withLock { $0.operations } }

    /// Makes the writes and syncs with these numbers fail, counted from now on.
    package func fail(_ range: ClosedRange<Int>?, code: Int32 = SQLITE_FULL) {
        plan.withLock { plan in
            plan.count = 0
            plan.failures = 0
            plan.failing = range
            plan.code = code
        }
    }

    /// Lets no checkpoint go on while `body` runs.
    package func holdingCheckpoints<Result>(_ body: () async throws -> Result) async rethrows -> Result {
        let barrier = DispatchSemaphore(value: 0)
        plan.withLock { $0.barrier = barrier }
        defer {
            plan.withLock { $0.barrier = nil }
            barrier.signal()
        }
        return try await body()
    }

    fileprivate func code(for operation: Operation) -> Int32 {
        let code = record(operation)
        if operation == .write("database"), let barrier = plan.withLock({ $0.barrier }) {
            barrier.wait()
            barrier.signal()
        }
        return code
    }

    private func record(_ operation: Operation) -> Int32 {
        plan.withLock { plan in
            plan.operations.append(operation)
            plan.count += 1
            guard let failing = plan.failing, failing.contains(plan.count) else { return SQLITE_OK }
            plan.failures += 1
            return plan.code
        }
    }
}

/// The C side: what lies in front of the default VFS's own file object.
private struct FaultFile {
    var methods: UnsafePointer<sqlite3_io_methods>?
    /// The VFS object; it lives as long as the process, as SQLite may ask for it at any time.
    var owner: UnsafeMutableRawPointer?
    /// 0 database, 1 WAL, 2 anything else.
    var kind: Int

    static let kinds = ["database", "wal", "other"]

    private static func head(_ file: FileLayer.File?) -> UnsafeMutablePointer<FaultFile> { FileLayer.head(file) }

    private static func owner(_ file: FileLayer.File?) -> FaultVFS {
        Unmanaged<FaultVFS>.fromOpaque(FaultFile.head(file).pointee.owner!).takeUnretainedValue()
    }

    /// What a write or sync is to it.
    private static func name(_ file: FileLayer.File?) -> String { kinds[head(file).pointee.kind] }

    static func register(_ vfs: FaultVFS) {
        FileLayer.register(vfs.name, head: FaultFile.self, owner: vfs) { vfs in
            vfs.xOpen = { vfs, path, file, flags, out in
                let base = sqlite3_vfs_find(nil)!
                let result = base.pointee.xOpen(base, path, FileLayer.parent(file), flags, out)
                let kind = flags & SQLITE_OPEN_WAL != 0 ? 1 : flags & SQLITE_OPEN_MAIN_DB != 0 ? 0 : 2
                let opened = FileLayer.parent(file).pointee.pMethods != nil
                FaultFile.head(file).initialize(
                    to: FaultFile(methods: opened ? FaultFile.table : nil, owner: vfs!.pointee.pAppData, kind: kind)
                )
                return result
            }
        }
    }

    nonisolated(unsafe) static let table = FileLayer.methods { methods in
        methods.xRead = { file, bytes, count, offset in
            FaultFile.owner(file).plan.withLock { $0.reads += 1 }
            return FileLayer.below(file).xRead(FileLayer.parent(file), bytes, count, offset)
        }
        methods.xWrite = { file, bytes, count, offset in
            let code = FaultFile.owner(file).code(for: .write(FaultFile.name(file)))
            guard code == SQLITE_OK else { return code }
            defer { FaultFile.owner(file).afterWrite.withLock(\.self)?() }
            return FileLayer.below(file).xWrite(FileLayer.parent(file), bytes, count, offset)
        }
        methods.xSync = { file, flags in
            let code = FaultFile.owner(file).code(for: .sync(FaultFile.name(file)))
            return code == SQLITE_OK ? FileLayer.below(file).xSync(FileLayer.parent(file), flags) : code
        }
    }
}
