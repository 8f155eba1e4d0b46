// SPDX-License-Identifier: Apache-2.0

extension ForwardRules {
    /// Everything, as normal: what holds while nothing else is said.
    package static var all: ForwardRules {
        ForwardRules(rules: TopicFilter("#").map { [Rule(filter: $0, eventClass: .normal)] } ?? [])
    }

    /// The canonical text: two texts that say the same rules in the same order have one.
    package var text: String {
        rules.map { "\($0.filter)=\($0.eventClass.name)" }.joined(separator: ",")
    }
}
