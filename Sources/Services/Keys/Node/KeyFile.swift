// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A small file with keys in it that a program keeps for itself.
package struct KeyFile: Sendable {
    /// More than any such file needs: 20,000 nodes with both their keys.
    private static let maximumBytes = 64 << 20

    package let path: String

    package init(_ path: String) {
        self.path = path
    }

    /// All of it; nil where there is none.
    ///
    /// - Parameter isSecret: refuses a file that others may read, because it is no secret any more.
    package func read(isSecret: Bool) throws(KeyFault) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw fault("cannot be read: \(Self.words(errno))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw fault("cannot be read: \(Self.words(errno))") }
        if isSecret, status.st_mode & 0o077 != 0 {
            throw fault("others may read this private key: make it private (chmod 600), or remove it if they have")
        }
        return try readAll(descriptor)
    }

    /// Puts `bytes` in its place so that a power cut leaves the old file or the new one whole.
    package func replace(by bytes: [UInt8], isSecret: Bool) throws(KeyFault) {
        let fresh = path + ".new"
        // What a start that was cut short has left.
        unlink(fresh)
        let descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, isSecret ? 0o600 : 0o640)
        guard descriptor >= 0 else { throw fault("cannot be written: \(Self.words(errno))") }
        let isWhole = Self.write(bytes, descriptor) && fsync(descriptor) == 0
        let code = errno
        close(descriptor)
        guard isWhole, rename(fresh, path) == 0 else {
            let reason = fault("cannot be written: \(Self.words(isWhole ? errno : code))")
            unlink(fresh)
            throw reason
        }
        syncDirectory()
    }

    /// Refuses to replace somebody else's file: root's new one could not be read by the service that needs it.
    package func checkOwner() throws(KeyFault) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_uid != geteuid() else { return }
        throw fault("belongs to user \(status.st_uid): run this as that user (sudo -u '#\(status.st_uid)' ...)")
    }

    private func readAll(_ descriptor: CInt) throws(KeyFault) -> [UInt8] {
        var all: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &part, part.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw fault("cannot be read: \(Self.words(errno))") }
            if count == 0 { return all }
            all += part[..<count]
            guard all.count <= Self.maximumBytes else { throw fault("is larger than any file of keys: remove it") }
        }
    }

    private static func write(_ bytes: [UInt8], _ descriptor: CInt) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 || errno == EINTR else { return false }
            rest = rest.dropFirst(max(0, count))
        }
        return true
    }

    /// A name is on disk only after this (fsync(2)); some file systems know no such thing.
    private func syncDirectory() {
        let slash = path.lastIndex(of: "/")
        let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    package func fault(_ reason: String) -> KeyFault { KeyFault(path: path, reason: reason) }

    private static func words(_ code: CInt) -> String { String(cString: strerror(code)) }
}
