// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Uplink

@Suite struct CostMeterTests {
    @Test func `batches are held against those of about the same number of events`() {
        var meter = CostMeter()
        for _ in 0..<64 { meter.add(bytes: 500, events: 64) }
        // Dearer each, but because there are fewer of them.
        for _ in 0..<4_096 { meter.add(bytes: 30, events: 1) }
        #expect(!meter.hasWorsened)
        for _ in 0..<2_048 { meter.add(bytes: 36, events: 1) }
        #expect(meter.hasWorsened)
    }

    @Test func `what is better again is no longer worse`() {
        var meter = CostMeter()
        for _ in 0..<32 { meter.add(bytes: 500, events: 64) }
        for _ in 0..<32 { meter.add(bytes: 600, events: 64) }
        #expect(meter.hasWorsened)
        for _ in 0..<32 { meter.add(bytes: 500, events: 64) }
        #expect(!meter.hasWorsened)
    }
}
