// SPDX-License-Identifier: Apache-2.0

extension ColumnWriter {
    /// Writes the first `count` events into `body`.
    mutating func write(_ count: Int, of bytes: UnsafeBufferPointer<UInt8>, into body: inout [UInt8]) {
        let mark = marks[count - 1]
        body.removeAll(keepingCapacity: true)
        writeTopics(Int(mark.topics), bytes, into: &body)
        Varint.append(UInt64(mark.templates), to: &body)
        body.append(contentsOf: templateBytes[..<Int(mark.templateBytes)])
        sortByFamily(count, families: Int(mark.families))
        columnBytes.removeAll(keepingCapacity: true)
        for column in 0..<BatchFormat.commonColumns {
            writeColumn(order: 0..<count, isSorted: false, column, into: &body)
        }
        for index in 0..<Int(mark.families) {
            let events = Int(starts[index])..<Int(starts[index + 1])
            for column in 0..<model.table.families[index].columns {
                writeColumn(order: events, isSorted: true, BatchFormat.commonColumns + column, into: &body)
            }
        }
        body.append(contentsOf: columnBytes)
        body.append(contentsOf: text[..<Int(mark.text)])
    }

    /// Each topic is how much it shares with the one before, how long the rest is, and the rest.
    private func writeTopics(_ count: Int, _ bytes: UnsafeBufferPointer<UInt8>, into body: inout [UInt8]) {
        Varint.append(UInt64(count), to: &body)
        var last = bytes[0..<0]
        for range in topicRanges.prefix(count) {
            let topic = bytes[range]
            var shared = 0
            while shared < min(last.count, topic.count),
                last[last.startIndex + shared] == topic[topic.startIndex + shared]
            { shared += 1 }
            Varint.append(UInt64(shared), to: &body)
            Varint.append(UInt64(topic.count - shared), to: &body)
            body.append(contentsOf: topic.dropFirst(shared))
            last = topic
        }
    }

    /// Groups the events by family and keeps their order within one.
    private mutating func sortByFamily(_ count: Int, families: Int) {
        starts.removeAll(keepingCapacity: true)
        starts.append(contentsOf: repeatElement(0, count: families + 2))
        for mark in marks[..<count] { starts[Int(mark.family) + 2] += 1 }
        for family in 0..<families { starts[family + 2] += starts[family + 1] }
        order.removeAll(keepingCapacity: true)
        order.append(contentsOf: repeatElement(0, count: count))
        for (index, mark) in marks[..<count].enumerated() {
            let place = Int(starts[Int(mark.family) + 1])
            order[place] = Int32(index)
            starts[Int(mark.family) + 1] += 1
        }
    }

    /// Writes one column behind the others, and its length into `body`; a column of zeros has none.
    private mutating func writeColumn(order range: Range<Int>, isSorted: Bool, _ column: Int, into body: inout [UInt8])
    {
        let start = columnBytes.count
        var pendingZeros = 0
        for index in range {
            let event = isSorted ? Int(order[index]) : index
            let value = values[Int(marks[event].values) + column]
            if value == 0 {
                pendingZeros += 1
                continue
            }
            columnBytes.append(contentsOf: repeatElement(0, count: pendingZeros))
            pendingZeros = 0
            Varint.append(value, to: &columnBytes)
        }
        Varint.append(UInt64(columnBytes.count - start), to: &body)
    }
}
