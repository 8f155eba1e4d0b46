// SPDX-License-Identifier: Apache-2.0

import CSQLite
import Glibc

/// SQLite's side of a ``PowerDisk``: what lies in front of the default VFS's own file object
/// (https://sqlite.org/vfs.html).
///
/// Reading, locks and the WAL's index, which is memory, are left to the default VFS.
struct PowerFile {
    var methods: UnsafePointer<sqlite3_io_methods>?
    var owner: UnsafeMutableRawPointer?
    /// Its number on the disk; 0 for temporary files.
    var file: Int
    /// Whether the next sync takes the directory with it, as the default VFS does for journals and the WAL.
    var syncsNames: Bool
    /// Failed syncs of the file that this opener has heard of.
    var failedSyncs: Int

    private typealias File = FileLayer.File

    private static func head(_ file: File?) -> UnsafeMutablePointer<PowerFile> { FileLayer.head(file) }

    private static func disk(_ pointer: UnsafeMutableRawPointer?) -> PowerDisk {
        Unmanaged<PowerDisk>.fromOpaque(pointer!).takeUnretainedValue()
    }

    static func register(_ disk: PowerDisk) {
        FileLayer.register(disk.vfs, head: PowerFile.self, owner: disk) { vfs in
            vfs.xOpen = { vfs, path, file, flags, granted in
                PowerFile.open(PowerFile.disk(vfs!.pointee.pAppData), path, file, flags, granted)
            }
            vfs.xDelete = { vfs, path, syncsNames in
                let disk = PowerFile.disk(vfs!.pointee.pAppData)
                let code = disk.remove(String(cString: path!))
                // SQLITE_IOERR_DELETE_NOENT and SQLITE_IOERR_DELETE: macros that Swift does not import.
                if code == ENOENT { return SQLITE_IOERR | 23 << 8 }
                guard code == 0, syncsNames == 0 || disk.syncDirectory() == 0 else { return SQLITE_IOERR | 10 << 8 }
                return SQLITE_OK
            }
        }
    }

    static func unregister(_ name: String) { FileLayer.unregister(name) }

    private static func open(
        _ disk: PowerDisk,
        _ path: UnsafePointer<CChar>?,
        _ file: File?,
        _ flags: Int32,
        _ granted: UnsafeMutablePointer<Int32>?
    ) -> Int32 {
        let base = sqlite3_vfs_find(nil)!
        let isMaking = flags & SQLITE_OPEN_CREATE != 0
        let number = path.map { disk.file(String(cString: $0), isMaking: isMaking) ?? -1 } ?? 0
        head(file).pointee.methods = nil
        guard number >= 0 else { return SQLITE_CANTOPEN }
        let result = base.pointee.xOpen(base, path, FileLayer.parent(file), flags, granted)
        let journals = SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL
        head(file).initialize(
            to: PowerFile(
                methods: FileLayer.parent(file).pointee.pMethods == nil ? nil : table,
                owner: Unmanaged.passUnretained(disk).toOpaque(),
                file: number,
                syncsNames: isMaking && flags & journals != 0,
                failedSyncs: disk.failedSyncs(number)
            )
        )
        return result
    }

    private static func write(_ file: File?, _ bytes: UnsafeRawPointer?, _ count: Int32, _ offset: Int64) -> Int32 {
        let own = head(file).pointee
        let real = { FileLayer.below(file).xWrite(FileLayer.parent(file), bytes, count, offset) }
        guard own.file > 0 else { return real() }
        let copy = Array(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
        switch disk(own.owner).perform(.write(file: own.file, offset: Int(offset), bytes: copy), real: real) {
        case SQLITE_OK: return SQLITE_OK
        // As the default VFS does it: a full quota or a file system that was remounted is an I/O error to it.
        case ENOSPC: return SQLITE_FULL
        // SQLITE_IOERR_WRITE
        default: return SQLITE_IOERR | 3 << 8
        }
    }

    private static func truncate(_ file: File?, _ size: Int64) -> Int32 {
        let own = head(file).pointee
        let real = { FileLayer.below(file).xTruncate(FileLayer.parent(file), size) }
        guard own.file > 0 else { return real() }
        // SQLITE_IOERR_TRUNCATE
        return disk(own.owner).perform(.truncate(file: own.file, size: Int(size)), real: real) == SQLITE_OK
            ? SQLITE_OK : SQLITE_IOERR | 6 << 8
    }

    private static func sync(_ file: File?) -> Int32 {
        let own = head(file).pointee
        guard own.file > 0 else { return SQLITE_OK }
        // SQLITE_IOERR_FSYNC and SQLITE_IOERR_DIR_FSYNC
        let code = disk(own.owner).perform(.sync(file: own.file))
        let failed = disk(own.owner).failedSyncs(own.file)
        head(file).pointee.failedSyncs = failed
        guard code == 0, failed == own.failedSyncs else {
            if code == 0 { disk(own.owner).noteLateFailure() }
            return SQLITE_IOERR | 4 << 8
        }
        guard own.syncsNames else { return SQLITE_OK }
        head(file).pointee.syncsNames = false
        return disk(own.owner).syncDirectory() == 0 ? SQLITE_OK : SQLITE_IOERR | 5 << 8
    }

    private static func control(_ file: File?, _ operation: Int32, _ argument: UnsafeMutableRawPointer?) -> Int32 {
        if operation == SQLITE_FCNTL_PRAGMA, let argument {
            // Result, name, value (https://sqlite.org/c3ref/c_fcntl_begin_atomic_write.html#sqlitefcntlpragma).
            let words = argument.assumingMemoryBound(to: UnsafeMutablePointer<CChar>?.self)
            if let name = words[1], let value = words[2],
                let own = disk(head(file).pointee.owner).pragmas[String(cString: name).lowercased()]
            {
                precondition(own.utf8.count <= strlen(value), "a longer value does not fit its place")
                strcpy(value, own)
            }
        }
        return FileLayer.below(file).xFileControl(FileLayer.parent(file), operation, argument)
    }

    nonisolated(unsafe) private static let table = FileLayer.methods { methods in
        methods.xWrite = { PowerFile.write($0, $1, $2, $3) }
        methods.xTruncate = { PowerFile.truncate($0, $1) }
        methods.xSync = { file, _ in PowerFile.sync(file) }
        methods.xFileControl = { PowerFile.control($0, $1, $2) }
    }
}
