// SPDX-License-Identifier: Apache-2.0

/// The forms of crypt(5) hashes: which are taken, and what they cost to check.
enum CryptForm {
    private static let maximumBytes = 16 << 20
    /// The digits of crypt(5)'s own base 64, by value.
    private static let digits = Array("./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    static func check(_ text: String) throws(PasswordHash.Fault) {
        let parts = text.utf8.split(separator: UInt8(ascii: "$"), omittingEmptySubsequences: false).map(Array.init)
        guard text.utf8.first == UInt8(ascii: "$"), parts.count >= 4,
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw isOld(text) ? .weak(method: "DES") : .plain }
        switch String(decoding: parts[1], as: UTF8.self) {
        case "y": try checkYescrypt(parts, "yescrypt")
        case "gy": try checkYescrypt(parts, "gost-yescrypt")
        case "7": try checkScrypt(parts)
        case "2b", "2y": try checkBcrypt(parts)
        case "6": try checkSHA512(parts)
        case "1", "md5", "sha1", "3": throw .weak(method: "MD5, SHA-1 or NT")
        case "2", "2a", "2x", "5": throw .weak(method: "$\(String(decoding: parts[1], as: UTF8.self))$")
        default: throw .plain
        }
    }

    /// Traditional crypt: two characters of salt and eleven of hash.
    private static func isOld(_ text: String) -> Bool {
        text.utf8.count == 13 && text.utf8.allSatisfy { digits.contains($0) }
    }

    private static func isBase64(_ bytes: [UInt8], _ counts: ClosedRange<Int>) -> Bool {
        counts.contains(bytes.count) && bytes.allSatisfy { digits.contains($0) }
    }

    /// `$y$jNR$SALT$HASH`: j stands for the flavour, then the logarithm of N and r, each in one digit where small.
    private static func checkYescrypt(_ parts: [[UInt8]], _ method: String) throws(PasswordHash.Fault) {
        guard parts.count == 5, isBase64(parts[3], 1...86), isBase64(parts[4], 43...43), parts[2].count >= 3,
            let logarithm = digits.firstIndex(of: parts[2][1]), let blocks = digits.firstIndex(of: parts[2][2])
        else { throw .damaged(method: method) }
        // Larger values take more digits, and what follows them are a processor's parallelism and more time.
        guard parts[2].count == 3, logarithm + 1 < 30, blocks < 48,
            128 << (logarithm + 1) * (blocks + 1) <= maximumBytes
        else { throw .tooDear(method: method) }
    }

    /// `$7$NRRRRRPPPPPSALT$HASH`, r and p in five digits each, lowest first.
    private static func checkScrypt(_ parts: [[UInt8]]) throws(PasswordHash.Fault) {
        // `$7$ITERATIONS$SALT$HASH` with the salt in RFC 4648's base 64.
        if parts.count == 5, parts[2].allSatisfy({ (0x30...0x39).contains($0) }) { throw .ofMosquitto }
        guard parts.count == 4, parts[2].count > 11, isBase64(parts[2], 12...97), isBase64(parts[3], 43...43),
            let logarithm = digits.firstIndex(of: parts[2][0])
        else { throw .damaged(method: "scrypt") }
        let blocks = number(parts[2][1..<6])
        let parallel = number(parts[2][6..<11])
        guard logarithm < 24, blocks < 64, (1...4).contains(parallel), 128 << logarithm * blocks <= maximumBytes else {
            throw .tooDear(method: "scrypt")
        }
    }

    /// `$2b$NN$` and 53 digits: two to the power of NN rounds.
    private static func checkBcrypt(_ parts: [[UInt8]]) throws(PasswordHash.Fault) {
        guard parts.count == 4, isBase64(parts[3], 53...53), parts[2].count == 2,
            let cost = Int(String(decoding: parts[2], as: UTF8.self))
        else { throw .damaged(method: "bcrypt") }
        guard cost <= 14 else { throw .tooDear(method: "bcrypt") }
        guard cost >= 8 else { throw .weak(method: "bcrypt with a cost below 8:") }
    }

    /// `$6$SALT$HASH` or `$6$rounds=N$SALT$HASH`.
    private static func checkSHA512(_ parts: [[UInt8]]) throws(PasswordHash.Fault) {
        guard let hash = parts.last, parts.count == 4 || parts.count == 5 else { throw .damaged(method: "SHA-512") }
        // RFC 4648's base 64 of 64 bytes ends so; crypt(5)'s has no such sign.
        if hash.count == 88, hash.hasSuffix("==") { throw .ofMosquitto }
        guard isBase64(hash, 86...86) else { throw .damaged(method: "SHA-512") }
        guard parts.count == 5 else { return }
        let words = String(decoding: parts[2], as: UTF8.self)
        guard words.hasPrefix("rounds="), let rounds = Int(words.dropFirst(7)) else {
            throw .damaged(method: "SHA-512")
        }
        guard rounds <= 1_000_000 else { throw .tooDear(method: "SHA-512") }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int {
        var value = 0
        for byte in bytes.reversed() { value = value << 6 | (digits.firstIndex(of: byte) ?? 63) }
        return value
    }
}

extension [UInt8] {
    fileprivate func hasSuffix(_ text: String) -> Bool { suffix(text.utf8.count).elementsEqual(text.utf8) }
}
