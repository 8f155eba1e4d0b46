// SPDX-License-Identifier: Apache-2.0

/// A variable together with the type of its value.
package struct Setting<Value: Sendable>: Sendable {
    package let variable: Variable
    private let parse: @Sendable (String) -> Value?

    package init(_ variable: Variable, parse: @escaping @Sendable (String) -> Value?) {
        self.variable = variable
        self.parse = parse
    }

    package var name: String { variable.name }

    /// The value that a user's text stands for, or an error that names the variable, the text and what is allowed.
    package func value(of text: String) throws(SettingFault) -> Value {
        guard let value = parse(text) else {
            throw .malformed(name: name, value: variable.shown(text), allowed: variable.allowed)
        }
        return value
    }
}

extension Setting where Value == Duration {
    /// A duration within bounds.
    package init(
        _ name: String,
        _ program: Variable.Program,
        default text: String,
        _ bounds: ClosedRange<Duration>,
        _ meaning: String
    ) {
        let allowed =
            "\(bounds.lowerBound.settingText) to \(bounds.upperBound.settingText), written like 250ms, 5s, 10m"
        self.init(Variable(name, program, .text(text), allowed: allowed, meaning: meaning)) { text in
            Duration(settingText: text).flatMap { bounds.contains($0) ? $0 : nil }
        }
    }
}

extension Setting where Value == ByteSize {
    /// A number of bytes within bounds.
    package init(
        _ name: String,
        _ program: Variable.Program,
        default text: String,
        _ bounds: ClosedRange<ByteSize>,
        _ meaning: String
    ) {
        let allowed = "\(bounds.lowerBound) to \(bounds.upperBound), written like 1200, 64KiB, 512MiB, 2GiB"
        self.init(Variable(name, program, .text(text), allowed: allowed, meaning: meaning)) { text in
            ByteSize(text).flatMap { bounds.contains($0) ? $0 : nil }
        }
    }
}

extension Setting where Value == Int {
    /// A whole number within bounds.
    package init(
        _ name: String,
        _ program: Variable.Program,
        default text: String,
        _ bounds: ClosedRange<Int>,
        _ meaning: String
    ) {
        let allowed = "a whole number, \(bounds.lowerBound) to \(bounds.upperBound)"
        self.init(Variable(name, program, .text(text), allowed: allowed, meaning: meaning)) { text in
            Int(text).flatMap { bounds.contains($0) ? $0 : nil }
        }
    }
}

extension Setting where Value == Bool {
    /// A switch.
    package init(_ name: String, _ program: Variable.Program, default text: String, _ meaning: String) {
        self.init(Variable(name, program, .text(text), allowed: "0 or 1", meaning: meaning)) { text in
            switch text {
            case "0": false
            case "1": true
            default: nil
            }
        }
    }
}

extension Setting where Value == String {
    /// One of some words.
    package init(
        _ name: String,
        _ program: Variable.Program,
        default text: String,
        oneOf words: [String],
        _ meaning: String
    ) {
        let allowed = "one of " + words.joined(separator: ", ")
        self.init(Variable(name, program, .text(text), allowed: allowed, meaning: meaning)) { text in
            words.contains(text) ? text : nil
        }
    }

    /// The path of a file or directory.
    package init(
        path name: String,
        _ program: Variable.Program,
        default fallback: Variable.Default,
        _ meaning: String
    ) {
        self.init(Variable(name, program, fallback, allowed: "an absolute path", meaning: meaning)) { text in
            text.hasPrefix("/") && !text.utf8.contains(0) ? text : nil
        }
    }
}

extension Setting where Value == ListenAddress {
    private static let allowed =
        "an address and a port, as 127.0.0.1:1883, [::1]:1883 or 0.0.0.0:1883; port 0 takes a free one"

    /// Where to listen.
    package init(_ name: String, _ program: Variable.Program, default text: String, _ meaning: String) {
        self.init(Variable(name, program, .text(text), allowed: Self.allowed, meaning: meaning)) { ListenAddress($0) }
    }

    /// Where a program listens if it is told to.
    package init(optional name: String, _ program: Variable.Program, _ meaning: String) {
        self.init(Variable(name, program, .none("none"), allowed: Self.allowed, meaning: meaning)) { ListenAddress($0) }
    }
}
