// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOSSL

/// A file that a variable names, with certificates or a private key in it.
struct PEMFile {
    let variable: String
    let path: String

    init(_ variable: String, _ path: String) {
        self.variable = variable
        self.path = path
    }

    func certificates() throws(TLSFault) -> [NIOSSLCertificate] {
        try checkReadable()
        do {
            let found = try NIOSSLCertificate.fromPEMFile(path)
            guard !found.isEmpty else { throw NIOSSLError.failedToLoadCertificate }
            return found
        } catch {
            throw fault("there is no certificate in it (PEM is wanted)")
        }
    }

    func privateKey() throws(TLSFault) -> NIOSSLPrivateKey {
        try checkReadable()
        let key: NIOSSLPrivateKey
        do {
            key = try NIOSSLPrivateKey(file: path, format: .pem)
        } catch {
            throw fault("there is no private key in it (PEM without a passphrase is wanted)")
        }
        try checkPrivate()
        return key
    }

    /// A key that others can read is no secret any more.
    ///
    /// The group may read what root lends to a service that is not root: Debian's group `ssl-cert` does so, and
    /// systemd's credentials (https://systemd.io/CREDENTIALS/).
    private func checkPrivate() throws(TLSFault) {
        var status = stat()
        guard stat(path, &status) == 0 else { throw fault("cannot be read: \(Self.words(errno))") }
        let isLent = status.st_uid == 0 && geteuid() != 0
        guard status.st_mode & (isLent ? 0o037 : 0o077) == 0 else {
            throw fault("others may read this private key: make it private (chmod 600), or a new one if they have")
        }
    }

    private func checkReadable() throws(TLSFault) {
        guard access(path, R_OK) == 0 else { throw fault("cannot be read: \(Self.words(errno))") }
    }

    private static func words(_ code: Int32) -> String { String(cString: strerror(code)) }

    func fault(_ reason: String) -> TLSFault {
        TLSFault(variable: variable, path: path, reason: reason)
    }
}
