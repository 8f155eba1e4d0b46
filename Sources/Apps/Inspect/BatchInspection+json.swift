// SPDX-License-Identifier: Apache-2.0

import Batching
import Startup

extension BatchInspection {
    /// One JSON object, always with the same keys; null where one does not apply.
    package var json: String {
        let sizes = explanation.sizes
        return JSONText.object([
            ("file", JSONText.string(name)),
            ("version", "\(explanation.version)"),
            ("mode", JSONText.string(explanation.mode)),
            ("primer", Self.string(explanation.primer?.description)),
            ("first_sequence", "\(explanation.firstSequence)"),
            ("last_sequence", "\(explanation.lastSequence)"),
            ("events", "\(explanation.count)"),
            ("base_time", Self.string(explanation.baseTimeText)),
            ("base_time_ms", "\(explanation.baseTime)"),
            ("bytes", "\(sizes.batch)"),
            ("bytes_per_event", JSONText.number(Double(sizes.batch) / Double(explanation.count))),
            ("header_bytes", "\(sizes.header)"),
            ("rows_bytes", rowsOnly(sizes.body)),
            ("rows_unpacked_bytes", rowsOnly(sizes.unpacked)),
            ("tables_bytes", columnsOnly(sizes.body)),
            ("tables_unpacked_bytes", columnsOnly(sizes.unpacked)),
            ("topics_unpacked_bytes", columnsOnly(sizes.topics)),
            ("templates_unpacked_bytes", columnsOnly(sizes.templates)),
            ("texts_unpacked_bytes", columnsOnly(sizes.texts)),
            ("codes_bytes", columnsOnly(sizes.codes)),
            ("padding_bits", columnsOnly(explanation.paddingBits)),
            ("topics", JSONText.array(explanation.topics.map(Self.json))),
            ("templates", JSONText.array(explanation.templates.map(Self.json))),
            ("columns", JSONText.array(explanation.columns.map(Self.json))),
        ])
    }

    private func columnsOnly(_ number: Int) -> String {
        explanation.isColumns ? "\(number)" : "null"
    }

    private func rowsOnly(_ number: Int) -> String {
        explanation.isColumns ? "null" : "\(number)"
    }

    private static func string(_ text: String?) -> String {
        text.map { JSONText.string($0) } ?? "null"
    }

    private static func number(_ number: Int?) -> String {
        number.map { "\($0)" } ?? "null"
    }

    private static func json(_ topic: BatchExplanation.Topic) -> String {
        JSONText.object([
            ("topic", JSONText.string(topic.name)), ("from_primer", "\(topic.isOfPrimer)"),
            ("events", "\(topic.events)"),
        ])
    }

    private static func json(_ template: BatchExplanation.Template) -> String {
        JSONText.object([
            ("template", "\(template.number)"), ("text", JSONText.string(template.text)),
            ("clock_slot", number(template.clock)), ("from_primer", "\(template.isOfPrimer)"),
            ("events", "\(template.events)"),
        ])
    }

    private static func json(_ column: BatchExplanation.Column) -> String {
        JSONText.object([
            ("column", JSONText.string(column.name)), ("template", number(column.slot?.template)),
            ("slot", number(column.slot?.number)), ("kind", string(column.slot?.kind)),
            ("before", string(column.slot?.before)), ("codes", "\(column.count.codes)"),
            ("zeros", "\(column.count.zeros)"), ("bits", "\(column.count.bits)"),
        ])
    }
}
