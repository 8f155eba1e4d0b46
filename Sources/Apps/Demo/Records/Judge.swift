// SPDX-License-Identifier: Apache-2.0

import Events

/// Compares what publishers recorded with what the hub exported, row by row in the order of the export.
///
/// Rows are matched by topic and payload. Where a topic repeats a payload, a row is taken as the next publication that
/// is due if it can be that one, else as a device's re-send of one that landed, else as a later one that came early.
package struct Judge: Sendable {
    private struct Lane: Hashable {
        var node: String
        var epoch: UInt64
        var partition: Int
    }

    fileprivate enum Match {
        case first(Int)
        case again(Int)
        case tooMany
        case foreign
    }

    /// One topic's publications and how many rows showed each.
    fileprivate struct Trail {
        let topic: PublishRecord.Topic
        var seen: [UInt8]
        /// One more than the highest publication that landed.
        var next = 0
        /// For payloads out of turn: the first publication of each hash, and for each publication the next like it.
        var index: (first: [UInt64: Int], following: [Int])?

        init(_ topic: PublishRecord.Topic) {
            self.topic = topic
            seen = Array(repeating: 0, count: topic.hashes.count)
        }
    }

    private static let findingsKept = 8

    private var trails: [String: Trail] = [:]
    private var identities: [Lane: SequenceSet] = [:]
    private var verdict = Verdict()

    /// A judge for these records; no topic may be in two of them.
    package init(_ records: some Sequence<PublishRecord>) {
        for record in records {
            verdict.published += record.published
            verdict.acknowledged += record.acknowledged
            verdict.resentByDevices += record.resent
            for topic in record.topics {
                precondition(trails[topic.name] == nil, "the topic \(topic.name) is in two records")
                trails[topic.name] = Trail(topic)
            }
        }
    }

    /// Takes the next row of the export.
    package mutating func take(_ row: ExportRow) {
        let lane = Lane(node: row.node, epoch: row.epoch, partition: row.partition)
        guard !identities[lane, default: SequenceSet()].contains(row.sequence) else {
            verdict.duplicated += 1
            return note("\(row.identity) is there twice")
        }
        identities[lane, default: SequenceSet()].insert(row.sequence...row.sequence)
        verdict.landed += 1
        match(row)
    }

    /// What was found so far; call it after the last row.
    package func finish() -> Verdict {
        var result = verdict
        for (name, trail) in trails {
            for index in trail.seen.indices where trail.seen[index] == 0 && trail.topic.acknowledged[index] {
                result.lost += 1
                if result.findings.count < Self.findingsKept { result.findings.append("\(name) #\(index) is lost") }
            }
        }
        return result
    }

    private mutating func match(_ row: ExportRow) {
        let hash = row.payload.withUnsafeBytes { XXHash64.hash($0) }
        switch trails[row.topic]?.match(hash) ?? .foreign {
        case .first(let index):
            let late = trails[row.topic]?.land(index) ?? false
            guard late else { return }
            verdict.outOfOrder += 1
            note("\(row.identity): \(row.topic) #\(index) came after a later one")
        case .again(let index):
            trails[row.topic]?.seen[index] += 1
        case .tooMany:
            verdict.duplicated += 1
            note("\(row.identity): \(row.topic) shows a publication more often than it was sent")
        case .foreign:
            verdict.foreign += 1
            note("\(row.identity): nobody published this payload to \(row.topic)")
        }
    }

    private mutating func note(_ finding: String) {
        if verdict.findings.count < Self.findingsKept { verdict.findings.append(finding) }
    }
}

extension Judge.Trail {
    /// Marks a first occurrence; true when a later publication landed before it.
    mutating func land(_ publication: Int) -> Bool {
        seen[publication] = 1
        defer { next = max(next, publication + 1) }
        return publication < next
    }

    /// Which publication a row with this payload shows.
    mutating func match(_ hash: UInt64) -> Judge.Match {
        if next < topic.hashes.count, topic.hashes[next] == hash { return .first(next) }
        let (first, following) = prepared()
        guard var candidate = first[hash] else { return .foreign }
        var unseen: Int?
        while candidate >= 0 {
            if seen[candidate] == 0 {
                unseen = unseen ?? candidate
            } else if seen[candidate] < topic.timesSent[candidate] {
                return .again(candidate)
            }
            candidate = following[candidate]
        }
        return unseen.map(Judge.Match.first) ?? .tooMany
    }

    private mutating func prepared() -> (first: [UInt64: Int], following: [Int]) {
        if let index { return index }
        var first: [UInt64: Int] = [:]
        var following = Array(repeating: -1, count: topic.hashes.count)
        for position in topic.hashes.indices.reversed() {
            following[position] = first[topic.hashes[position]] ?? -1
            first[topic.hashes[position]] = position
        }
        index = (first, following)
        return (first, following)
    }
}
