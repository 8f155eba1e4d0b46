// SPDX-License-Identifier: Apache-2.0

/// What to measure, and with how much.
struct Options {
    var programs = ".build/release"
    var events = 200_000
    var backlog = 1_000_000
    var agents = 50
    var seconds = 10.0
    var names: [String] = []

    private static let all = [
        "ingest", "latency", "drain", "delay", "buffer", "backlog", "landing", "sealing", "wear", "broker", "handshake",
    ]

    static let usage = """
        usage: Bench [--programs DIR] [--events N] [--backlog N] [--agents N] [--seconds S] [NAME...]

        NAME is any of \(all.joined(separator: ", ")); without one, all.
        DIR holds sluice and sluice-hub.
        Ends with 1 when a ratio passes its bound.
        """

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        while let word = rest.popFirst() {
            switch word {
            case "--programs": programs = try Self.value(&rest, word)
            case "--events": events = try Self.number(&rest, word)
            case "--backlog": backlog = try Self.number(&rest, word)
            case "--agents": agents = try Self.number(&rest, word)
            case "--seconds": seconds = Double(try Self.number(&rest, word))
            case _ where Self.all.contains(word): names.append(word)
            default: throw Failure("\(word) is not known\n\(Self.usage)")
            }
        }
        if names.isEmpty { names = Self.all }
    }

    private static func value(_ rest: inout ArraySlice<String>, _ option: String) throws -> String {
        guard let value = rest.popFirst() else { throw Failure("\(option) needs a value\n\(usage)") }
        return value
    }

    private static func number(_ rest: inout ArraySlice<String>, _ option: String) throws -> Int {
        guard let number = Int(try value(&rest, option)), number > 0 else {
            throw Failure("\(option) needs a number above 0\n\(usage)")
        }
        return number
    }
}
