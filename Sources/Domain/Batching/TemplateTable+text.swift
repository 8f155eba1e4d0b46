// SPDX-License-Identifier: Apache-2.0

extension TemplateTable {
    /// A template for people: constant bytes, and slots in angle brackets.
    func text(of template: Template) -> String {
        var text = ""
        for step in steps[template.slots] {
            text += ReadableBytes.text(literals[step.literal]) + "<\(step.name)>"
        }
        return text + ReadableBytes.text(literals[template.tail])
    }
}

extension Template.Step {
    /// The kind of slot, and how many characters or bytes it always has.
    var name: String {
        switch kind {
        case .decimal: "decimal"
        case .time: "time"
        case .text: "text"
        case .upperHex: "HEX \(2 * Int(parameter))"
        case .lowerHex: "hex \(2 * Int(parameter))"
        case .bytes: "bytes \(parameter)"
        case .sixBit: "six-bit \(parameter)"
        case .checksum: "checksum"
        // Neither is a slot.
        case .escape, .end: ""
        }
    }
}
