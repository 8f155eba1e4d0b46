// SPDX-License-Identifier: Apache-2.0

extension BatchExplanation {
    /// Columns that were read, and what they cost.
    init(_ parts: BatchParts, unpacked: Int, reader: ColumnReader, start: BatchModel, tally: CodeTally) {
        self.init(parts, unpacked: unpacked)
        sizes.topics = reader.topicTableLength
        sizes.templates = reader.templateTableLength
        sizes.texts = unpacked - sizes.topics - sizes.templates
        paddingBits = parts.bits.count * 8 - tally.position
        addTopics(reader.model, known: start.topicRanges.count, tally)
        columns = [
            Column(name: "topic", count: tally.topic), Column(name: "template", count: tally.template),
            Column(name: "attributes", count: tally.attributes), Column(name: "time", count: tally.time),
        ]
        addTemplates(reader.model.table, known: start.table.templates.count, tally)
    }

    private mutating func addTopics(_ model: BatchModel, known: Int, _ tally: CodeTally) {
        for index in model.topicRanges.indices {
            let events = tally.events(ofTopic: index)
            guard index >= known || events > 0 else { continue }
            let name = ReadableBytes.text(model.topicBytes[model.topicRanges[index]])
            topics.append(Topic(name: name, isOfPrimer: index < known, events: events))
        }
    }

    private mutating func addTemplates(_ table: TemplateTable, known: Int, _ tally: CodeTally) {
        for index in table.templates.indices {
            let events = tally.events(ofTemplate: index)
            guard index >= known || events > 0 else { continue }
            let template = table.templates[index]
            templates.append(
                Template(
                    number: index,
                    text: table.text(of: template),
                    clock: table.families[template.family].clock.map { $0 + 1 },
                    isOfPrimer: index < known,
                    events: events
                )
            )
            for step in template.slots { addSlot(step, of: index, table, tally) }
        }
    }

    private mutating func addSlot(_ index: Int, of template: Int, _ table: TemplateTable, _ tally: CodeTally) {
        let step = table.steps[index]
        // A checksum follows from the bytes before it.
        guard step.kind != .checksum else { return }
        let slot = Slot(
            template: template,
            number: index - table.templates[template].slots.lowerBound + 1,
            kind: step.name,
            before: ReadableBytes.text(table.literals[step.literal])
        )
        columns.append(Column(name: "slot", slot: slot, count: tally.slot(index)))
        guard step.kind == .decimal else { return }
        columns.append(Column(name: "digits", slot: slot, count: tally.digits(index)))
    }
}
