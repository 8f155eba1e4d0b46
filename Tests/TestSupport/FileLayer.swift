// SPDX-License-Identifier: Apache-2.0

import CSQLite
import Glibc

/// A SQLite VFS in front of the default one: each file object begins with one's own part, and the default VFS's object lies
/// behind that (https://sqlite.org/vfs.html).
///
/// What a layer does not do itself is left to the file below.
enum FileLayer {
    typealias File = UnsafeMutablePointer<sqlite3_file>

    /// Where the default VFS's object begins: room for one's own part.
    private static let space = 64

    static func parent(_ file: File?) -> File {
        (UnsafeMutableRawPointer(file!) + space).assumingMemoryBound(to: sqlite3_file.self)
    }

    /// One's own part; its first member is the pointer to the methods, as SQLite wants it.
    static func head<Head>(_ file: File?) -> UnsafeMutablePointer<Head> {
        UnsafeMutableRawPointer(file!).assumingMemoryBound(to: Head.self)
    }

    static func below(_ file: File?) -> sqlite3_io_methods { parent(file).pointee.pMethods.pointee }

    /// Lets SQLite know a VFS under a name.
    ///
    /// - Parameters:
    ///   - head: the type of one's own part.
    ///   - owner: what its files belong to; kept until ``unregister(_:)``.
    ///   - change: puts one's own functions in the place of the default ones.
    static func register<Head>(
        _ name: String,
        head: Head.Type,
        owner: AnyObject,
        _ change: (inout sqlite3_vfs) -> Void
    ) {
        precondition(MemoryLayout<Head>.size <= space)
        let copy = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        copy.initialize(to: sqlite3_vfs_find(nil)!.pointee)
        copy.pointee.szOsFile += Int32(space)
        copy.pointee.pNext = nil
        copy.pointee.zName = UnsafePointer(strdup(name))
        copy.pointee.pAppData = Unmanaged.passRetained(owner).toOpaque()
        change(&copy.pointee)
        sqlite3_vfs_register(copy, 0)
    }

    static func unregister(_ name: String) {
        guard let vfs = sqlite3_vfs_find(name) else { return }
        sqlite3_vfs_unregister(vfs)
        Unmanaged<AnyObject>.fromOpaque(vfs.pointee.pAppData).release()
        free(UnsafeMutablePointer(mutating: vfs.pointee.zName))
        vfs.deallocate()
    }

    /// Methods that leave all to the file below, but for what `change` puts in their place; they are never freed, as SQLite
    /// may use them at any time.
    static func methods(_ change: (inout sqlite3_io_methods) -> Void) -> UnsafePointer<sqlite3_io_methods> {
        let table = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        var methods = sqlite3_io_methods()
        methods.iVersion = 2
        methods.xClose = { FileLayer.below($0).xClose(FileLayer.parent($0)) }
        methods.xRead = { FileLayer.below($0).xRead(FileLayer.parent($0), $1, $2, $3) }
        methods.xWrite = { FileLayer.below($0).xWrite(FileLayer.parent($0), $1, $2, $3) }
        methods.xTruncate = { FileLayer.below($0).xTruncate(FileLayer.parent($0), $1) }
        methods.xSync = { FileLayer.below($0).xSync(FileLayer.parent($0), $1) }
        methods.xFileSize = { FileLayer.below($0).xFileSize(FileLayer.parent($0), $1) }
        methods.xLock = { FileLayer.below($0).xLock(FileLayer.parent($0), $1) }
        methods.xUnlock = { FileLayer.below($0).xUnlock(FileLayer.parent($0), $1) }
        methods.xCheckReservedLock = { FileLayer.below($0).xCheckReservedLock(FileLayer.parent($0), $1) }
        methods.xFileControl = { FileLayer.below($0).xFileControl(FileLayer.parent($0), $1, $2) }
        methods.xSectorSize = { FileLayer.below($0).xSectorSize(FileLayer.parent($0)) }
        methods.xDeviceCharacteristics = { FileLayer.below($0).xDeviceCharacteristics(FileLayer.parent($0)) }
        methods.xShmMap = { FileLayer.below($0).xShmMap(FileLayer.parent($0), $1, $2, $3, $4) }
        methods.xShmLock = { FileLayer.below($0).xShmLock(FileLayer.parent($0), $1, $2, $3) }
        methods.xShmBarrier = { FileLayer.below($0).xShmBarrier(FileLayer.parent($0)) }
        methods.xShmUnmap = { FileLayer.below($0).xShmUnmap(FileLayer.parent($0), $1) }
        change(&methods)
        table.initialize(to: methods)
        return UnsafePointer(table)
    }
}
