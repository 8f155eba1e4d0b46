// SPDX-License-Identifier: Apache-2.0

extension BatchModel {
    /// Cells in use, of all kinds.
    var cells: Int { numbers.count + texts.count + bytes.count }

    /// Makes the shared numbers of a template's family where it is new; its clock starts at the time of the last event.
    mutating func growShared(upTo template: Int) {
        let family = table.families[table.templates[template].family]
        guard shared.count == family.firstNumber else { return }
        latest.append(-1)
        let clock = family.clock.map { 1 + number(of: $0, in: family) }
        for index in 0..<family.numbers {
            shared.append(SharedNumber(value: index == clock ? family.unit.value(milliseconds: lastTime) : 0))
        }
    }

    /// The stream of a topic and a family, made where there is none.
    @inline(__always)
    mutating func stream(topic: Int, family: Int) -> Stream {
        var index = topics[topic].stream
        while index >= 0 {
            let stream = streams[Int(index)]
            if stream.family == Int32(family) {
                latest[family] = index
                return stream
            }
            index = stream.next
        }
        return addStream(topic: topic, family: family)
    }

    /// Whether another stream of this family would pass the bounds.
    func hasRoom(forFamily family: Int) -> Bool {
        let family = table.families[family]
        return cells + family.numbers + family.texts + family.bytes <= BatchFormat.maximumCells
    }

    private mutating func addStream(topic: Int, family index: Int) -> Stream {
        let family = table.families[index]
        let stream = Stream(
            family: Int32(index),
            next: topics[topic].stream,
            firstNumber: Int32(numbers.count),
            firstText: Int32(texts.count),
            firstByte: Int32(bytes.count)
        )
        if latest[index] >= 0 {
            copyCells(of: streams[Int(latest[index])], family)
        } else {
            addCells(family)
        }
        latest[index] = Int32(streams.count)
        topics[topic].stream = Int32(streams.count)
        streams.append(stream)
        return stream
    }

    private mutating func addCells(_ family: Family) {
        numbers.append(contentsOf: repeatElement(NumberCell(), count: family.numbers))
        texts.append(contentsOf: repeatElement(TextSlot(), count: family.texts))
        addBytes(family)
    }

    private mutating func addBytes(_ family: Family) {
        for step in table.steps[family.slots] {
            switch step.kind {
            case .upperHex, .lowerHex, .bytes, .sixBit:
                let cell = ByteCell(width: step.kind == .sixBit ? 6 : 8)
                bytes.append(contentsOf: repeatElement(cell, count: Int(step.parameter)))
            case .decimal, .time, .text, .checksum, .escape, .end: continue
            }
        }
    }

    /// A new topic starts with what the topic that spoke last in this family has learned.
    private mutating func copyCells(of stream: Stream, _ family: Family) {
        for index in 0..<family.numbers {
            var cell = numbers[Int(stream.firstNumber) + index]
            cell.restart()
            numbers.append(cell)
        }
        for index in 0..<family.texts { texts.append(texts[Int(stream.firstText) + index]) }
        addBytes(family)
    }

    /// Moves all times so that a batch starts where the samples ended.
    mutating func finishPrimer() {
        for stream in streams {
            let family = table.families[Int(stream.family)]
            guard let clock = family.clock else {
                numbers[Int(stream.firstNumber)].shift(by: 0 &- lastTime)
                continue
            }
            let cell = Int(stream.firstNumber) + 1 + number(of: clock, in: family)
            numbers[cell].shift(by: 0 &- family.unit.value(milliseconds: lastTime))
        }
        for family in table.families {
            guard let clock = family.clock else { continue }
            let index = family.firstNumber + 1 + number(of: clock, in: family)
            shared[index].shift(by: 0 &- family.unit.value(milliseconds: lastTime))
        }
        order.shift(by: 0 &- lastTime)
        runs.restart()
        lastTime = 0
    }

    /// The index of a slot's number among the numbers of the family's slots.
    private func number(of slot: Int, in family: Family) -> Int {
        var count = 0
        for step in family.slots.prefix(slot) {
            switch table.steps[step].kind {
            case .decimal, .time: count += 1
            default: continue
            }
        }
        return count
    }
}
