// SPDX-License-Identifier: Apache-2.0

/// Events like those of a small plant: 100 devices in turn, JSON of eight members with five random walks.
struct Telemetry {
    private var walks: [[Int]] = (0..<100).map { device in (0..<5).map { 2_000 + 37 * device + 911 * $0 } }
    private var state: UInt64 = 0x5EED
    private(set) var sequence = 0

    /// The next event.
    ///
    /// `stamp` is carried in the payload, so that a subscriber can tell how long it took.
    mutating func next(stamp: UInt64) -> (topic: [UInt8], payload: [UInt8]) {
        let device = sequence % 100
        for walk in 0..<5 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            walks[device][walk] += Int(state >> 61) - 3
        }
        let numbers = walks[device].map { "\($0 / 100).\($0 % 100 / 10)\($0 % 10)" }
        let topic = "site/line\(device / 10)/pump\(device % 10)/telemetry"
        let payload =
            "{\"ts\":\(stamp),\"seq\":\(sequence),\"flow\":\(numbers[0]),\"pressure\":\(numbers[1]),"
            + "\"temp\":\(numbers[2]),\"vib\":\(numbers[3]),\"current\":\(numbers[4]),\"state\":\"run\"}"
        sequence += 1
        return (Array(topic.utf8), Array(payload.utf8))
    }
}
