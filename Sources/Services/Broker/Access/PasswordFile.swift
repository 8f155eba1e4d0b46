// SPDX-License-Identifier: Apache-2.0

/// The users that may come in by a password: lines `user:hash`, `#` for a comment.
package struct PasswordFile: Sendable, Equatable {
    package private(set) var users: [String: PasswordHash] = [:]

    package init(_ bytes: [UInt8], path: String) throws(AccessFault) {
        var lines: [String: Int] = [:]
        try AccessFile.forEachLine(of: bytes, path: path) { (number, line) throws(AccessFault) in
            let name = Self.name(of: line)
            guard let name else {
                throw .malformed(path: path, line: number, text: "a line is a user, a colon and the hash of a password")
            }
            if let earlier = lines.updateValue(number, forKey: name) {
                throw .malformed(path: path, line: number, text: "the user \(name) stands in line \(earlier) already")
            }
            do throws(PasswordHash.Fault) {
                users[name] = try PasswordHash(line.dropFirst(name.count + 1))
            } catch {
                throw .malformed(path: path, line: number, text: "user \(name): \(error.description)")
            }
        }
    }

    /// The bytes of a password file, which may be damaged.
    package static func bytes(path: String) throws(AccessFault) -> [UInt8] {
        try AccessFile(path: path).bytes
    }

    /// Why a name cannot stand in such a file; nil when it can.
    package static func objection(to name: String) -> String? {
        if name.isEmpty { return "a user name has at least one character" }
        if name.utf8.count > 1_024 { return "a user name has at most 1,024 bytes" }
        if name.first == "#" { return "a user name does not begin with #" }
        if name.utf8.contains(UInt8(ascii: ":")) { return "a user name has no colon" }
        if name.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
            return "a user name has no control characters"
        }
        return AccessFile.trimming(name[...]) == name ? nil : "a user name does not begin or end with a space"
    }

    private static func name(of line: Substring) -> String? {
        guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let name = String(line[..<colon])
        return objection(to: name) == nil ? name : nil
    }

    /// The bytes of such a file with one user's line set, or taken out; every other line stays as it is.
    ///
    /// - Parameter hash: nil takes the user out.
    /// - Returns: nil when there was no such user to take out.
    package static func editing(_ bytes: [UInt8], user: String, hash: PasswordHash?) -> [UInt8]? {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Array.init)
        if lines.last?.isEmpty == true { lines.removeLast() }
        let start = Array("\(user):".utf8)
        let place = lines.firstIndex { $0.drop { $0 == 0x20 || $0 == 0x09 }.starts(with: start) }
        if let hash {
            let line = start + Array(hash.text.utf8)
            if let place { lines[place] = line } else { lines.append(line) }
        } else {
            guard let place else { return nil }
            lines.remove(at: place)
        }
        return lines.flatMap { $0 + [UInt8(ascii: "\n")] }
    }
}
