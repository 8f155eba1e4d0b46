// SPDX-License-Identifier: Apache-2.0

import Events

/// Who may publish and subscribe to what, in the form that Mosquitto has for it (mosquitto.conf(5), acl_file).
///
/// ```
/// topic read public/#              before the first user: for clients without a name
/// user pump-7
/// topic write site/pump/7/#        read, write, readwrite (if nothing is said) or deny
/// topic deny site/pump/7/secret
/// pattern readwrite own/%u/%c/#    for everybody; %u is the user, %c the client identifier
/// ```
///
/// What no line allows is denied, and a `deny` that matches goes before every line that allows.
package struct AccessList: Sendable, Equatable {
    /// What a line says about the topics that match it.
    enum Permission: String, Sendable, CaseIterable {
        case read, write, readwrite, deny
    }

    /// A line that holds for everybody.
    struct Pattern: Sendable, Equatable {
        var permission: Permission
        var levels: [Substring]

        var usesUser: Bool { levels.contains("%u") }
        var usesClient: Bool { levels.contains("%c") }
    }

    private(set) var anonymous = RuleSet()
    private(set) var users: [String: RuleSet] = [:]
    private(set) var patterns: [Pattern] = []

    package init(_ bytes: [UInt8], path: String) throws(AccessFault) {
        var user: String?
        try AccessFile.forEachLine(of: bytes, path: path) { (number, line) throws(AccessFault) in
            let (word, rest) = Self.firstWord(of: line)
            switch word {
            case "user":
                guard !rest.isEmpty else { throw .malformed(path: path, line: number, text: "user needs a name") }
                user = String(rest)
                // A user without a line of its own is one with no rights, not an unknown one.
                users[String(rest)] = users[String(rest)] ?? RuleSet()
            case "topic":
                let (permission, filter) = try Self.rule(rest, path, number)
                guard let filter = TopicFilter(filter) else { throw Self.notAFilter(filter, path, number) }
                if let user {
                    users[user, default: RuleSet()].add(permission, filter)
                } else {
                    anonymous.add(permission, filter)
                }
            case "pattern":
                patterns.append(try Self.pattern(rest, path, number))
            default:
                throw .malformed(
                    path: path,
                    line: number,
                    text: "\(Self.shown(word)) is none of user, topic, pattern and # for a comment"
                )
            }
        }
    }

    /// Whether some lines are for named users only.
    var namesUsers: Bool { !users.isEmpty || patterns.contains(where: \.usesUser) }

    /// What one client may do; `user` is nil for an anonymous one.
    package func rights(user: String?, clientID: String) -> Rights {
        let own = user.map { users[$0] ?? RuleSet() } ?? anonymous
        var general = RuleSet()
        for pattern in patterns {
            guard let filter = Self.filter(pattern, user: user, clientID: clientID) else { continue }
            general.add(pattern.permission, filter)
        }
        return Rights(own: own, general: general)
    }

    /// The filter that a pattern is for one client; nil where it is none.
    ///
    /// A name that is no single topic level would reach further than to a place of its own; Mosquitto does not let such
    /// clients match any pattern either. Where it would be denied something, it is denied whatever may stand there.
    private static func filter(_ pattern: Pattern, user: String?, clientID: String) -> TopicFilter? {
        var levels: [Substring] = []
        for level in pattern.levels {
            let name: String? =
                switch level {
                case "%u": user
                case "%c": clientID
                default: String(level)
                }
            if level != "%u", level != "%c" {
                levels.append(level)
            } else if let name, isLevel(name) {
                levels.append(Substring(name))
            } else if pattern.permission == .deny {
                levels.append("+")
            } else {
                return nil
            }
        }
        // As in Mosquitto, only a pattern that says so itself reaches topics that begin with $.
        if levels.first?.first == "$", pattern.levels.first?.first != "$" { return nil }
        return TopicFilter(levels.joined(separator: "/"))
    }

    private static func isLevel(_ name: String) -> Bool {
        !name.isEmpty && !name.utf8.contains { "+#/".utf8.contains($0) || $0 == 0 }
    }

    // MARK: Reading lines

    private static func firstWord(of line: Substring) -> (word: Substring, rest: Substring) {
        let bytes = line.utf8
        let end = bytes.firstIndex { $0 == 0x20 || $0 == 0x09 } ?? bytes.endIndex
        return (line[..<end], AccessFile.trimming(line[end...]))
    }

    /// `[read|write|readwrite|deny] FILTER`; with one of the words in front, the filter may hold spaces.
    private static func rule(
        _ text: Substring,
        _ path: String,
        _ line: Int
    ) throws(AccessFault) -> (Permission, Substring) {
        let (word, rest) = firstWord(of: text)
        if rest.isEmpty {
            guard !word.isEmpty, Permission(rawValue: String(word)) == nil else {
                throw .malformed(path: path, line: line, text: "a topic filter is missing at the end of the line")
            }
            return (.readwrite, word)
        }
        guard let permission = Permission(rawValue: String(word)) else {
            throw .malformed(
                path: path,
                line: line,
                text: "\(shown(word)) is none of read, write, readwrite and deny, one of which stands before a filter"
            )
        }
        return (permission, rest)
    }

    private static func pattern(_ text: Substring, _ path: String, _ line: Int) throws(AccessFault) -> Pattern {
        let (permission, filter) = try rule(text, path, line)
        guard TopicFilter(filter) != nil else { throw notAFilter(filter, path, line) }
        let levels = filter.split(separator: "/", omittingEmptySubsequences: false)
        for level in levels where level.utf8.count > 2 && (level.contains("%u") || level.contains("%c")) {
            throw .malformed(
                path: path,
                line: line,
                text: "\(shown(level)) is not allowed: %u and %c stand alone between two slashes"
            )
        }
        return Pattern(permission: permission, levels: levels)
    }

    private static func notAFilter(_ text: Substring, _ path: String, _ line: Int) -> AccessFault {
        .malformed(
            path: path,
            line: line,
            text: "\(shown(text)) is not a topic filter: + stands alone between slashes, # alone at the end"
        )
    }

    /// A password may have got into the wrong file: not much of a line is shown.
    private static func shown(_ text: Substring) -> String { "`\(text.prefix(40))`" }
}
