// SPDX-License-Identifier: Apache-2.0

package import Events

/// Keeps recent events and makes a primer of them.
package struct PrimerTrainer {
    /// Bytes of topic and payload that a primer is to have; a few more where two events of each shape need them.
    package let limit: Int

    private var recent = EventBlock()

    package init(limit: Int) {
        self.limit = limit
    }

    /// Bytes of topic and payload at hand.
    package var byteCount: Int { recent.byteCount }

    /// Takes note of events that were sent.
    package mutating func observe(_ block: EventBlock, _ range: Range<Int>) {
        for record in block.records[range] {
            if recent.byteCount > 4 * limit || recent.count == BatchFormat.maximumEvents { recent.removeAll() }
            recent.append(
                sequence: UInt64(recent.count + 1),
                timestamp: record.timestamp,
                eventClass: record.eventClass,
                topicLength: Int(record.topicLength),
                attributesLength: Int(record.attributesLength),
                all: block.bytes.span.bytes.extracting(record.all)
            )
        }
    }

    /// A primer of what was observed last, or nil before there is anything.
    package func makePrimer() -> Primer? {
        guard !recent.isEmpty else { return nil }
        var encoder = BatchEncoder(limit: Primer.maximumEventBytes)
        var bytes: [UInt8] = []
        guard encoder.encode(recent, from: 0, into: &bytes) == recent.count else { return nil }
        do throws(BatchFault) {
            return try Primer(bytes: bytes)
        } catch {
            return nil
        }
    }
}
