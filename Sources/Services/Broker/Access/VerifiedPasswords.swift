// SPDX-License-Identifier: Apache-2.0

/// Passwords that were right lately, so that a thousand clients that reconnect at once do not cost a thousand hashes.
///
/// Neither passwords nor plain hashes of them are kept: two keyed ones of 64 bits. Swift's `Hasher` is SipHash-1-3 under
/// a key of this process (https://github.com/swiftlang/swift/blob/main/stdlib/public/core/SipHash.swift), and takes 128
/// random bits of this cache's own first, in case the environment fixed that key.
struct VerifiedPasswords {
    struct Tag: Equatable {
        var first: UInt64
        var second: UInt64

        /// Without a branch on either half.
        static func == (left: Tag, right: Tag) -> Bool {
            (left.first ^ right.first) | (left.second ^ right.second) == 0
        }
    }

    let capacity: Int
    private let keys: (UInt64, UInt64)
    private var tags: [String: Tag] = [:]

    init(capacity: Int = 1_024, keys: (UInt64, UInt64)) {
        self.capacity = capacity
        self.keys = keys
    }

    var count: Int { tags.count }

    /// Whether this password was right for this user, whose hash has not changed.
    func contains(_ user: String, _ password: [UInt8], _ hash: PasswordHash) -> Bool {
        tags[user] == tag(user, password, hash)
    }

    mutating func insert(_ user: String, _ password: [UInt8], _ hash: PasswordHash) {
        if tags[user] == nil, tags.count >= capacity, let any = tags.keys.first { tags[any] = nil }
        tags[user] = tag(user, password, hash)
    }

    mutating func removeAll() {
        tags.removeAll()
    }

    private func tag(_ user: String, _ password: [UInt8], _ hash: PasswordHash) -> Tag {
        func half(_ key: UInt64) -> UInt64 {
            var hasher = Hasher()
            hasher.combine(key)
            hasher.combine(user)
            hasher.combine(password)
            hasher.combine(hash.text)
            return UInt64(bitPattern: Int64(hasher.finalize()))
        }
        return Tag(first: half(keys.0), second: half(keys.1))
    }
}
