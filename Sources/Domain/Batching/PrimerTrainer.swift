// SPDX-License-Identifier: Apache-2.0

package import Events

/// Keeps recent events and makes a primer of them.
///
/// A primer holds the newest events, and older ones where it would otherwise hold fewer than two of a topic and shape:
/// the first teaches both ends the shape, the second how its values move.
package struct PrimerTrainer: Sendable {
    private static let eventsPerShape = 2

    /// Bytes of topic and payload that a primer is to have; a few more where two events of each shape need them.
    package let limit: Int

    private var recent = EventBlock()
    /// Bytes that are kept; more than a primer takes, because what is rare is further back.
    private let keptBytes: Int
    private var hasForgotten = false

    package init(limit: Int) {
        self.limit = min(limit, Primer.maximumEventBytes)
        keptBytes = min(16 * self.limit, Primer.maximumEventBytes)
    }

    /// How much there is to choose from.
    package enum Supply: Int, Sendable, Comparable {
        /// Less than a primer is to have.
        case scarce
        /// As much as a primer is to have, and nothing further back.
        case enough
        /// As much as is ever kept, so that what is rare is among it.
        case plenty

        package static func < (left: Supply, right: Supply) -> Bool { left.rawValue < right.rawValue }
    }

    /// Bytes of topic and payload at hand.
    package var byteCount: Int { recent.byteCount }

    package var supply: Supply {
        if hasForgotten { return .plenty }
        return recent.byteCount >= limit ? .enough : .scarce
    }

    /// Takes note of events that were sent; those longer than a whole primer teach nothing that it could hold.
    package mutating func observe(_ block: EventBlock, _ range: Range<Int>) {
        for record in block.records[range] where record.all.count <= limit {
            if recent.byteCount + record.all.count > keptBytes || recent.count >= 2 * BatchFormat.maximumEvents {
                halve()
            }
            recent.append(record, of: block, sequence: UInt64(recent.count + 1))
        }
    }

    /// A primer of what was observed last, or nil before there is anything.
    package func makePrimer() -> Primer? {
        guard !recent.isEmpty else { return nil }
        var samples = EventBlock()
        for index in chosen() { samples.append(recent.records[index], of: recent, sequence: UInt64(samples.count + 1)) }
        var encoder = BatchEncoder(limit: Primer.maximumEventBytes)
        var bytes: [UInt8] = []
        guard encoder.encode(samples, from: 0, into: &bytes) == samples.count else { return nil }
        do throws(BatchFault) {
            return try Primer(bytes: bytes)
        } catch {
            return nil
        }
    }

    /// Forgets the older half.
    private mutating func halve() {
        var newer = EventBlock()
        for record in recent.records[(recent.count / 2)...] {
            newer.append(record, of: recent, sequence: UInt64(newer.count + 1))
        }
        recent = newer
        hasForgotten = true
    }
}

extension PrimerTrainer {
    /// What a sample teaches something about: a topic together with a shape of payload.
    private struct Lesson: Hashable {
        var topic: [UInt8]
        var shape: [UInt8]
    }

    /// What was chosen so far, with its bounds.
    private struct Choice {
        var lessons: [Lesson: Int] = [:]
        var topics: Set<[UInt8]> = []
        var shapes: Set<[UInt8]> = []
        var bytes = 0
        var indices: [Int] = []

        /// Whether the bounds let one more sample in.
        func hasRoom(for lesson: Lesson, bytes count: Int) -> Bool {
            indices.count < BatchFormat.maximumEvents && bytes + count <= Primer.maximumEventBytes
                && (topics.count < BatchFormat.maximumPrimerTopics || topics.contains(lesson.topic))
                && (shapes.count < BatchFormat.maximumPrimerTemplates || shapes.contains(lesson.shape))
        }

        mutating func add(_ index: Int, _ lesson: Lesson, bytes count: Int) {
            topics.insert(lesson.topic)
            shapes.insert(lesson.shape)
            lessons[lesson, default: 0] += 1
            bytes += count
            indices.append(index)
        }
    }

    /// Indices of the samples, in the order of their times.
    private func chosen() -> [Int] {
        var tokenizer = Tokenizer()
        var choice = Choice()
        recent.bytes.withUnsafeBufferPointer { bytes in
            for index in recent.records.indices.reversed() {
                let record = recent.records[index]
                let isNew = choice.bytes + record.all.count <= limit
                tokenizer.split(UnsafeBufferPointer(rebasing: bytes[record.payload]))
                let lesson = Lesson(topic: Array(bytes[record.topic]), shape: tokenizer.shape)
                guard isNew || choice.lessons[lesson, default: 0] < Self.eventsPerShape,
                    choice.hasRoom(for: lesson, bytes: record.all.count)
                else { continue }
                choice.add(index, lesson, bytes: record.all.count)
            }
        }
        return choice.indices.sorted { (recent.records[$0].timestamp, $0) < (recent.records[$1].timestamp, $1) }
    }
}
