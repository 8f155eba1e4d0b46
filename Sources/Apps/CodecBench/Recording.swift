// SPDX-License-Identifier: Apache-2.0

import Demo
package import Events

/// The events of one recording: the first tenth trains, the others are measured.
package struct Recording: Sendable {
    /// A tenth of fewer would be no event at all.
    static let fewestEvents = 10
    /// Sequences have the length that they have in a lane which is some days old.
    private static let firstSequence: UInt64 = 1_000_000

    /// The file's name without `.jsonl`.
    package let name: String
    package let events: EventBlock

    /// How many events at the beginning train dictionaries and primers.
    package var trainingCount: Int { events.count / 10 }

    package init(path: String) throws {
        var events = EventBlock()
        try LineReader.forEachLine(of: path) { line in
            let event = try RecordedEvent(line: line)
            let topicLength = event.topic.utf8.count
            guard topicLength <= Int(UInt16.max) else {
                throw BenchFault.longTopic(path: path, event: events.count + 1)
            }
            guard events.bytes.count + topicLength + event.payload.count <= Int(UInt32.max) else {
                throw BenchFault.tooLarge(path: path)
            }
            events.append(
                sequence: Self.firstSequence + UInt64(events.count),
                timestamp: event.timestamp,
                topic: event.topic,
                payload: event.payload
            )
        }
        guard events.count >= Self.fewestEvents else {
            throw BenchFault.tooFewEvents(path: path, count: events.count)
        }
        let file = path.split(separator: "/").last.map(String.init) ?? path
        name = file.hasSuffix(".jsonl") ? String(file.dropLast(6)) : file
        self.events = events
    }

    /// The events that are measured.
    func measured(_ options: BenchOptions) -> Range<Int> {
        let last = options.measuredEvents.map { min(events.count, trainingCount + $0) } ?? events.count
        return trainingCount..<last
    }
}
