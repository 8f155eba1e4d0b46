// SPDX-License-Identifier: Apache-2.0

import CCrypt

/// What is kept of a password: a hash of crypt(5), which takes time and memory to make.
package struct PasswordHash: Sendable, Equatable {
    /// Why a text is no hash that is taken here.
    package enum Fault: Error, Equatable {
        case plain
        case ofMosquitto
        case weak(method: String)
        case damaged(method: String)
        case tooDear(method: String)

        package var description: String {
            switch self {
            case .plain:
                "what stands after the colon is no hash of crypt(5), perhaps the password itself: set it with "
                    + "`sluice passwd`"
            case .ofMosquitto:
                "this hash is in mosquitto_passwd's own form, which only Mosquitto knows: set the password anew with "
                    + "`sluice passwd`"
            case .weak(let method):
                "\(method) hashes are too easily guessed: set the password anew with `sluice passwd`"
            case .damaged(let method): "this \(method) hash is cut short or damaged: set the password anew"
            case .tooDear(let method):
                "this \(method) hash takes more than 16 MiB or too long to check: set the password anew"
            }
        }
    }

    /// yescrypt with 4 MiB, 5 to 10 ms of a PC's processor and some 40 of a small ARM's; crypt(5)'s own 5 would take 16 MiB.
    private static let cost: UInt = 3
    /// crypt(3) takes no longer ones.
    package static let maximumPasswordBytes = Int(CRYPT_MAX_PASSPHRASE_SIZE) - 1

    package let text: String

    /// Takes a hash that stands in a file.
    package init(_ text: some StringProtocol) throws(Fault) {
        self.text = String(text)
        try CryptForm.check(self.text)
    }

    /// Hashes a password with a salt of its own; nil for one that is too long or holds a NUL.
    package init?(hashing password: [UInt8]) {
        var setting = [CChar](repeating: 0, count: Int(CRYPT_GENSALT_OUTPUT_SIZE))
        guard sluice_crypt_setting("$y$", Self.cost, &setting) == 1, let text = Self.crypt(password, setting) else {
            return nil
        }
        self.text = text
    }

    private init(unchecked text: String) {
        self.text = text
    }

    /// As dear as any that is made here: what an unknown user's password is compared with.
    static let decoy = PasswordHash(
        unchecked: "$y$j7T$CXpfy.OrijG9wTjF3HbrE0$6LniIeQdvR2w5qgsDfwqRbUWfH37bEiYNkkgGpka46B"
    )

    /// Whether the password is the one that was hashed.
    ///
    /// Takes milliseconds: not for an event loop.
    package func matches(_ password: [UInt8]) -> Bool {
        guard let made = Self.crypt(password, text.utf8CString.map(\.self)) else { return false }
        return Self.areEqual(Array(made.utf8), Array(text.utf8))
    }

    /// Takes as long for the first differing byte as for the last.
    private static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for index in left.indices { difference |= left[index] ^ right[index] }
        return difference == 0
    }

    private static func crypt(_ password: [UInt8], _ setting: [CChar]) -> String? {
        // A NUL would end it for crypt(3), and all that begin so would be the same password.
        guard password.count <= maximumPasswordBytes, !password.contains(0) else { return nil }
        var output = [CChar](repeating: 0, count: Int(CRYPT_OUTPUT_SIZE))
        let made = (password + [0]).withUnsafeBytes { bytes in
            sluice_crypt(bytes.baseAddress?.assumingMemoryBound(to: CChar.self), setting, &output)
        }
        guard made == 1 else { return nil }
        return String(decoding: output.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
