// SPDX-License-Identifier: Apache-2.0

import Events
package import Storage

/// What `export` prints: one JSON object per event and line.
///
/// ```
/// {"node":"gw","epoch":"00000000000000a1","partition":1,"seq":7,"topic":"a/b","ts_ms":1700000000000,"payload":"21.5"}
/// ```
/// A payload that is no UTF-8 is `payload_b64`; `attributes` is there where the event has any.
package struct ExportRows {
    private let showsPosition: Bool
    private var json: JSONBytes
    private var head = JSONBytes(reserving: 256)

    /// - Parameter showsPosition: adds the log position, from which `export --after` goes on.
    package init(showsPosition: Bool = false) {
        self.showsPosition = showsPosition
        json = JSONBytes(reserving: 1 << 19)
    }

    /// Complete rows that were added and not taken yet.
    package var bytes: [UInt8] { json.bytes }
    package var count: Int { json.count }

    package mutating func removeAll() {
        json.removeAll()
    }

    /// Adds the rows of one log entry.
    package mutating func append(_ entry: LogEntry) {
        writeHead(entry)
        entry.block.bytes.withUnsafeBytes { bytes in
            for record in entry.block.records { append(record, bytes) }
        }
    }

    /// What all rows of an entry begin with.
    private mutating func writeHead(_ entry: LogEntry) {
        head.removeAll()
        head.append("{\"node\":")
        Array(entry.node.utf8).withUnsafeBytes { head.appendString($0) }
        head.append(",\"epoch\":\"")
        head.append(Array(Epoch.name(of: entry.lane.epoch).utf8))
        head.append("\",\"partition\":")
        head.append(entry.lane.partition.number)
        if showsPosition {
            head.append(",\"position\":")
            head.append(entry.position)
        }
        head.append(",\"seq\":")
    }

    private mutating func append(_ record: EventBlock.Record, _ bytes: UnsafeRawBufferPointer) {
        json.append(head.bytes)
        json.append(record.sequence)
        json.append(",\"topic\":")
        json.appendString(UnsafeRawBufferPointer(rebasing: bytes[record.topic]))
        json.append(",\"ts_ms\":")
        json.append(record.timestamp)
        let payload = UnsafeRawBufferPointer(rebasing: bytes[record.payload])
        if JSONBytes.isText(payload) {
            json.append(",\"payload\":")
            json.appendString(payload)
        } else {
            json.append(",\"payload_b64\":")
            json.appendBase64(payload)
        }
        if record.attributesLength > 0 { append(attributes: bytes[record.attributes]) }
        json.append("}\n")
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
