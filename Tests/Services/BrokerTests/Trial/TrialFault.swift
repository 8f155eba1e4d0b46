// SPDX-License-Identifier: Apache-2.0

/// What a broker did that it must not do.
struct TrialFault: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }

    static func require(_ condition: Bool, _ text: @autoclosure () -> String) throws(TrialFault) {
        guard condition else { throw TrialFault(text()) }
    }
}
