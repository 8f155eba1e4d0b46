// SPDX-License-Identifier: Apache-2.0

/// One `SLUICE_` variable, as `config` and the README show it.
package struct Variable: Sendable {
    /// Who reads it.
    package enum Program: String, Sendable, Equatable {
        case agent = "sluice"
        case hub = "sluice-hub"
        case both = "both"

        /// Whether `program` (``agent`` or ``hub``) reads variables of this kind.
        package func includes(_ program: Program) -> Bool { self == .both || self == program }
    }

    /// What holds while the variable is not set.
    package enum Default: Sendable, Equatable {
        /// The text that a user would write.
        case text(String)
        /// Nothing, or something found out at start: said in words.
        case none(String)
        /// The value of a variable that the system sets, else a text.
        case variable(String, else: String)

        /// What a reader of the table sees.
        package var description: String {
            switch self {
            case .text(let text): text
            case .none(let words): words
            case .variable(let name, let text): "$\(name), else \(text)"
            }
        }
    }

    package var name: String
    package var program: Program
    package var fallback: Default
    /// What may be written, in words.
    package var allowed: String
    /// What it does, in one line.
    package var meaning: String
    /// What may be shown of a value, as it may hold a secret.
    package var shown: @Sendable (String) -> String

    package init(
        _ name: String,
        _ program: Program,
        _ fallback: Default,
        allowed: String,
        meaning: String,
        shown: @escaping @Sendable (String) -> String = { $0 }
    ) {
        self.name = name
        self.program = program
        self.fallback = fallback
        self.allowed = allowed
        self.meaning = meaning
        self.shown = shown
    }
}
