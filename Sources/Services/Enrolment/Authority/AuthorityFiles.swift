// SPDX-License-Identifier: Apache-2.0

import Certification
import Glibc
package import Keys

/// The files of an authority, in the directory `ca` of the hub's state directory.
package struct AuthorityFiles: Sendable {
    package let directory: String
    /// Its private key; whoever has it is the authority.
    let key: KeyFile
    /// Its certificate, which everybody may have.
    package let certificate: KeyFile
    /// The hub's own private key, its certificate, and the authority's: one file, so that they always fit together.
    package let hub: KeyFile
    let issued: KeyFile
    let tokens: KeyFile
    package let revoked: KeyFile

    /// - Parameter state: the hub's state directory.
    package init(state: String) {
        directory = state + "/ca"
        key = KeyFile(directory + "/ca.key")
        certificate = KeyFile(directory + "/ca.pem")
        hub = KeyFile(directory + "/hub.pem")
        issued = KeyFile(directory + "/issued")
        tokens = KeyFile(directory + "/tokens")
        revoked = KeyFile(directory + "/" + RevokedCertificates.fileName)
    }

    /// Makes the directory, for its owner only, and the state directory of a hub that has never run.
    func make(in state: String) throws(KeyFault) {
        mkdir(state, 0o750)
        try checkOwner(of: state)
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else {
            throw KeyFault(path: directory, reason: "cannot be made: \(Self.words(errno))")
        }
    }

    /// Runs `body` while no other program changes these files: a hub and the verbs of its owner.
    func locked<Result>(_ body: () throws -> Result) throws -> Result {
        try checkOwner(of: directory)
        let path = directory + "/lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw KeyFault(path: path, reason: "cannot be opened: \(Self.words(errno))") }
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw KeyFault(path: path, reason: "cannot be locked: \(Self.words(errno))") }
        }
        return try body()
    }

    /// Files that root makes here would be none that the hub can read.
    private func checkOwner(of path: String) throws(KeyFault) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            let isMissing = errno == ENOENT && path == directory
            throw KeyFault(
                path: path,
                reason: isMissing ? "there is no authority: `sluice-hub ca init` makes one" : Self.words(errno)
            )
        }
        guard status.st_uid == geteuid() else {
            let reason = "belongs to another user: run this as the hub's (sudo -u sluice-hub ...)"
            throw KeyFault(path: path, reason: reason)
        }
    }

    private static func words(_ code: CInt) -> String { String(cString: strerror(code)) }

    /// The records of one of the files; none where it is not there.
    static func records<Record>(
        in file: KeyFile,
        _ read: ([Substring]) -> Record?
    ) throws(KeyFault) -> [Record] {
        let text = String(decoding: try file.read(isSecret: false) ?? [], as: UTF8.self)
        do throws(RecordLines.Fault) {
            return try RecordLines.read(text, read)
        } catch {
            throw file.fault("\(error)")
        }
    }

    /// Puts a line behind what is in a file, on disk before this returns.
    static func append(_ lines: [String], to file: KeyFile) throws(KeyFault) {
        var bytes = try file.read(isSecret: false) ?? []
        if let last = bytes.last, last != UInt8(ascii: "\n") { bytes.append(UInt8(ascii: "\n")) }
        bytes += lines.map { $0 + "\n" }.joined().utf8
        try file.replace(by: bytes, isSecret: true)
    }
}
