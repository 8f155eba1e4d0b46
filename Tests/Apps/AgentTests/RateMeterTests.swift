// SPDX-License-Identifier: Apache-2.0

import Agent
import Testing

@Suite struct RateMeterTests {
    @Test func `a steady counter shows its rate from the second sample on`() throws {
        var meter = RateMeter()
        #expect(meter.perSecond == nil)
        for tick in 0..<40 {
            meter.sample(UInt64(tick * 25), at: .milliseconds(tick * 250))
            if tick > 0 { #expect(abs(try #require(meter.perSecond) - 100) < 0.001) }
        }
    }

    @Test func `it follows a change and comes to rest`() throws {
        var meter = RateMeter(window: 5)
        for tick in 0...40 { meter.sample(UInt64(tick * 25), at: .milliseconds(tick * 250)) }
        for tick in 41...400 { meter.sample(1000, at: .milliseconds(tick * 250)) }
        #expect(try #require(meter.perSecond) < 0.1)
    }

    @Test func `a counter that shrank began anew`() throws {
        var meter = RateMeter()
        meter.sample(1000, at: .seconds(1))
        meter.sample(10, at: .seconds(2))
        #expect(try #require(meter.perSecond) == 10)
    }

    @Test func `two samples at one time change nothing`() throws {
        var meter = RateMeter()
        meter.sample(0, at: .seconds(1))
        meter.sample(100, at: .seconds(1))
        #expect(meter.perSecond == nil)
    }
}
