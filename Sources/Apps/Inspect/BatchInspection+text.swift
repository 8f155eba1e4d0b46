// SPDX-License-Identifier: Apache-2.0

import Batching
import Startup

extension BatchInspection {
    /// For people: what the batch says of itself, its parts, what it brings, and what each column costs.
    package var text: String {
        [summary, parts, topics, templates, columns].filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private var summary: String {
        let perEvent = JSONText.decimal(Double(explanation.sizes.batch) / Double(explanation.count), digits: 2)
        let time = explanation.baseTimeText.map { "\($0) (\(explanation.baseTime) ms)" } ?? "\(explanation.baseTime) ms"
        return """
            \(name): \(explanation.sizes.batch) bytes, \(explanation.count) events, \(perEvent) bytes per event
            version    \(explanation.version)
            mode       \(explanation.mode)
            primer     \(explanation.primer?.description ?? "none")
            sequences  \(explanation.firstSequence) to \(explanation.lastSequence)
            base time  \(time)

            """
    }

    private var parts: String {
        let sizes = explanation.sizes
        var rows = TextColumns()
        rows.append("bytes", "part")
        rows.append("\(sizes.header)", "header")
        let unpacked = explanation.isCompressed ? ", \(sizes.unpacked) before zstd" : ""
        if explanation.isColumns {
            let parts = "topics \(sizes.topics), templates \(sizes.templates), texts \(sizes.texts)"
            rows.append("\(sizes.body)", "tables and their length\(unpacked) (\(parts))")
            rows.append("\(sizes.codes)", "codes")
        } else {
            rows.append("\(sizes.body)", "rows\(unpacked)")
        }
        return rows.text
    }

    private var topics: String {
        guard !explanation.topics.isEmpty else { return "" }
        var rows = TextColumns()
        rows.append("events", "from", "topic")
        for topic in explanation.topics {
            rows.append("\(topic.events)", Self.origin(topic.isOfPrimer), topic.name)
        }
        return rows.text
    }

    private var templates: String {
        guard !explanation.templates.isEmpty else { return "" }
        var rows = TextColumns()
        rows.append("events", "from", "template", "payload")
        for template in explanation.templates {
            let clock = template.clock.map { "   (slot \($0) tells the time of the event)" } ?? ""
            rows.append(
                "\(template.events)",
                Self.origin(template.isOfPrimer),
                "\(template.number)",
                template.text + clock
            )
        }
        return rows.text
    }

    private static func origin(_ isOfPrimer: Bool) -> String { isOfPrimer ? "primer" : "batch" }

    private var columns: String {
        var rows = TextColumns()
        rows.append("bytes", "codes", "zeros", "column")
        for column in explanation.columns {
            rows.append(
                Self.bytes(column.count.bits),
                "\(column.count.codes)",
                "\(column.count.zeros)",
                Self.title(column)
            )
        }
        if explanation.isColumns { rows.append(Self.bytes(explanation.paddingBits), "", "", "zeros to a whole byte") }
        return rows.text
    }

    private static func title(_ column: BatchExplanation.Column) -> String {
        guard let slot = column.slot else { return column.name }
        let digits = column.name == "digits" ? " digits" : ""
        return "template \(slot.template), slot \(slot.number): \(slot.before)<\(slot.kind)>\(digits)"
    }

    private static func bytes(_ bits: Int) -> String { JSONText.decimal(Double(bits) / 8, digits: 1) }
}
