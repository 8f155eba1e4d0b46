// SPDX-License-Identifier: Apache-2.0

extension BatchModel {
    /// Milliseconds of the clock whose cell holds its distance from `origin`.
    @inline(__always)
    func clock(_ cell: Int, _ unit: TimeUnit, origin: Int64) -> Int64 {
        let scale = numbers[cell].scale
        return unit.milliseconds(numbers[cell].last &+ Decimal.rescaled(origin, from: 0, to: scale), scale: scale)
    }

    /// What a number of a slot is expected to be; `shared` is the index of what all topics share.
    @inline(__always)
    mutating func expectedNumber(_ cell: Int, shared index: Int) -> Int64 {
        numbers[cell].note(key)
        guard !numbers[cell].isSettled else { return numbers[cell].last }
        predict(cell, shared: index)
        return numbers[cell].best(predictions)
    }

    @inline(__always)
    mutating func learnNumber(_ value: Int64, _ cell: Int, shared index: Int) {
        if !numbers[cell].isSettled {
            numbers[cell].learn(value, predictions)
        } else if value == numbers[cell].last {
            numbers[cell].learnSame()
        } else {
            predict(cell, shared: index)
            numbers[cell].learn(value, predictions)
        }
        references.append(numbers[cell])
        shared[index].learn(numbers[cell])
        guard numbers[cell].isKeyed else { return }
        numberContexts.learn(value, scale: numbers[cell].scale, at: NumberContexts.place(cell: cell, key: key))
    }

    private mutating func predict(_ cell: Int, shared index: Int) {
        let keyed =
            numbers[cell].isKeyed ? numberContexts.entry(at: NumberContexts.place(cell: cell, key: key)) : nil
        predictions = numbers[cell].predictions(
            shared: shared[index].value(atScale: numbers[cell].scale),
            references: references,
            keyed: keyed
        )
    }

    /// What the time of an event is expected to be, which has nothing to do with the numbers in it.
    @inline(__always)
    mutating func expectedTime(_ cell: Int, shared guess: Int64) -> Int64 {
        predictions = numbers[cell].predictions(shared: guess, references: References())
        return numbers[cell].best(predictions)
    }

    @inline(__always)
    mutating func learnTime(_ value: Int64, _ cell: Int, shared index: Int) {
        numbers[cell].learn(value, predictions)
        shared[index].learn(numbers[cell])
    }

    /// What a byte cell expects.
    @inline(__always)
    mutating func byteGuess(_ cell: Int, _ frame: ByteFrame) -> ByteGuess {
        bytes[cell].note(key)
        let successorPlace = ByteContexts.place(cell: cell, context: UInt32(bytes[cell].last))
        let framePlace = ByteContexts.place(cell: cell, context: frame.context | 256)
        let keyedPlace = ByteContexts.place(cell: cell, key: key)
        let keyed = contexts.value(at: keyedPlace)
        let keyedSuccessorPlace = ByteContexts.place(cell: keyedPlace, context: UInt32(keyed) | 512)
        let candidates = ByteCell.Candidates(
            successor: contexts.value(at: successorPlace),
            frame: contexts.value(at: framePlace),
            keyed: keyed,
            keyedSuccessor: contexts.value(at: keyedSuccessorPlace)
        )
        return ByteGuess(
            value: bytes[cell].prediction(candidates),
            candidates: candidates,
            successorPlace: successorPlace,
            framePlace: framePlace,
            keyedPlace: keyedPlace,
            keyedSuccessorPlace: keyedSuccessorPlace
        )
    }

    @inline(__always)
    mutating func learnByte(_ value: UInt8, _ guess: ByteGuess, _ cell: Int) {
        bytes[cell].learn(value, guess.candidates)
        contexts.learn(value, at: guess.successorPlace)
        contexts.learn(value, at: guess.framePlace)
        guard bytes[cell].isKeyed else { return }
        contexts.learn(value, at: guess.keyedPlace)
        contexts.learn(value, at: guess.keyedSuccessorPlace)
    }
}
