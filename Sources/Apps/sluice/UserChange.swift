// SPDX-License-Identifier: Apache-2.0

import Broker
import Glibc

/// Changes one user's line in a password file.
struct UserChange {
    struct Fault: Error, CustomStringConvertible {
        var description: String

        init(_ description: String) {
            self.description = description
        }
    }

    let file: String
    let user: String

    /// - Parameter password: nil takes the user out.
    func apply(_ password: [UInt8]?) throws {
        let old = try read()
        let hash = try password.map(hash)
        guard let new = PasswordFile.editing(old ?? [], user: user, hash: hash) else {
            throw Fault("\(file) has no user \(user)")
        }
        try replace(by: new)
    }

    private func hash(_ password: [UInt8]) throws -> PasswordHash {
        guard !password.isEmpty else { throw Fault("the password is empty") }
        guard let hash = PasswordHash(hashing: password) else {
            throw Fault("a password has at most \(PasswordHash.maximumPasswordBytes) bytes, none of them zero")
        }
        return hash
    }

    private func read() throws -> [UInt8]? {
        var status = stat()
        guard stat(file, &status) == 0 || errno != ENOENT else { return nil }
        return try PasswordFile.bytes(path: file)
    }

    /// The new file takes its name when it is whole and synced: a power cut leaves the one or the other.
    private func replace(by bytes: [UInt8]) throws {
        let fresh = "\(file).new-\(getpid())"
        let descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw fault("cannot make \(fresh)") }
        do {
            defer { close(descriptor) }
            try keepOwner(of: descriptor)
            try write(bytes, descriptor)
            guard fsync(descriptor) == 0 else { throw fault("cannot sync \(fresh)") }
            guard rename(fresh, file) == 0 else { throw fault("cannot put \(fresh) in the place of \(file)") }
        } catch {
            unlink(fresh)
            throw error
        }
        syncDirectory()
    }

    /// Who could read the file before can read it now.
    private func keepOwner(of descriptor: Int32) throws {
        var status = stat()
        guard stat(file, &status) == 0 else { return }
        guard fchown(descriptor, status.st_uid, status.st_gid) == 0, fchmod(descriptor, status.st_mode & 0o7777) == 0
        else { throw fault("cannot give the new file the owner of \(file)") }
    }

    private func write(_ bytes: [UInt8], _ descriptor: Int32) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 || errno == EINTR else { throw fault("cannot write") }
            rest = rest.dropFirst(max(0, count))
        }
    }

    /// The name is on disk only after this (fsync(2)).
    private func syncDirectory() {
        let slash = file.lastIndex(of: "/")
        let directory = slash.map { $0 == file.startIndex ? "/" : String(file[..<$0]) } ?? "."
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private func fault(_ what: String) -> Fault {
        Fault("\(what): \(String(cString: strerror(errno)))")
    }
}
