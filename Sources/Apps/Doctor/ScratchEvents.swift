// SPDX-License-Identifier: Apache-2.0

import Events

/// Events of a scratch store, told apart by the process that wrote them and their number in it.
enum ScratchEvents {
    /// A writer ends by itself after so many, in case nobody kills it: far less than the scratch store holds.
    static let maximum = 4_000

    static func payload(round: Int, number: Int) -> [UInt8] {
        Array("\(round)/\(number)/".utf8) + (0..<number % 200).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ number) }
    }

    /// What a payload is; nil when it is not one of these, byte for byte.
    static func identify(_ payload: some Collection<UInt8>) -> (round: Int, number: Int)? {
        let head = payload.split(separator: UInt8(ascii: "/"), maxSplits: 2, omittingEmptySubsequences: false)
        guard head.count == 3, let round = Int(String(decoding: head[0], as: UTF8.self)),
            let number = Int(String(decoding: head[1], as: UTF8.self)),
            payload.elementsEqual(Self.payload(round: round, number: number))
        else { return nil }
        return (round, number)
    }
}
