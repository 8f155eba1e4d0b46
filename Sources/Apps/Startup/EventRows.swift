// SPDX-License-Identifier: Apache-2.0

package import Events

/// Events as JSON lines: `seq`, `topic`, `ts_ms`, `payload`; `attributes` where the event has any.
///
/// Where clock records are at hand, `ts_ms` is the corrected time, `ts_raw_ms` what the node's clock said, and `ts_quality`
/// what the corrected time is worth (``EventTime/Quality``).
///
/// What is no UTF-8 is `payload_b64`; so is a topic that came from elsewhere than a hub's log, `topic_b64`.
package struct EventRows {
    private var json: JSONBytes

    package init(reserving capacity: Int) {
        json = JSONBytes(reserving: capacity)
    }

    /// What the rows of a lane begin with, as `head` is wanted: node, epoch and partition.
    package static func head(node: String, lane: Lane) -> [UInt8] {
        var head = JSONBytes(reserving: 128)
        head.append("{\"node\":")
        Array(node.utf8).withUnsafeBytes { head.appendString($0) }
        head.append(",\"epoch\":\"")
        head.append(Array(Epoch.name(of: lane.epoch).utf8))
        head.append("\",\"partition\":")
        head.append(lane.partition.number)
        head.append(",")
        return head.bytes
    }

    /// Complete rows that were added and not taken yet.
    package var bytes: [UInt8] { json.bytes }
    package var count: Int { json.count }

    package mutating func removeAll() {
        json.removeAll()
    }

    /// Adds a row for each event.
    ///
    /// - Parameters:
    ///   - head: what rows begin with: a brace, and members with a comma behind each.
    ///   - clock: what corrects the times of the events, where that is known.
    package mutating func append(_ block: EventBlock, head: [UInt8], clock: LaneClock? = nil) {
        block.bytes.withUnsafeBytes { bytes in
            for record in block.records { append(record, bytes, head, clock) }
        }
    }

    private mutating func append(
        _ record: EventBlock.Record,
        _ bytes: UnsafeRawBufferPointer,
        _ head: [UInt8],
        _ clock: LaneClock?
    ) {
        json.append(head)
        json.append("\"seq\":")
        json.append(record.sequence)
        append(text: bytes[record.topic], ",\"topic\":", ",\"topic_b64\":")
        append(time: record, clock)
        append(text: bytes[record.payload], ",\"payload\":", ",\"payload_b64\":")
        if record.attributesLength > 0 { append(attributes: bytes[record.attributes]) }
        json.append("}\n")
    }

    private mutating func append(time record: EventBlock.Record, _ clock: LaneClock?) {
        json.append(",\"ts_ms\":")
        guard let clock else { return json.append(record.timestamp) }
        let time = clock.time(of: record.sequence, raw: record.timestamp)
        json.append(time.milliseconds)
        json.append(",\"ts_raw_ms\":")
        json.append(record.timestamp)
        json.append(",\"ts_quality\":\"")
        json.append(time.quality.name)
        json.append("\"")
    }

    private mutating func append(text: Slice<UnsafeRawBufferPointer>, _ name: StaticString, _ encodedName: StaticString)
    {
        let text = UnsafeRawBufferPointer(rebasing: text)
        if JSONBytes.isText(text) {
            json.append(name)
            json.appendString(text)
        } else {
            json.append(encodedName)
            json.appendBase64(text)
        }
    }

    private mutating func append(attributes encoded: Slice<UnsafeRawBufferPointer>) {
        guard let attributes = try? EventAttributes(decoding: encoded) else {
            json.append(",\"attributes_b64\":")
            json.appendBase64(UnsafeRawBufferPointer(rebasing: encoded))
            return
        }
        json.append(",\"attributes\":")
        json.append(Array(attributes.json.utf8))
    }
}
