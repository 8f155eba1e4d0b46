// SPDX-License-Identifier: Apache-2.0

import Events
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Keys

@Suite struct ProvenHubsTests {
    private final class Clock: Sendable {
        let reading = Mutex(ClockReading(boot: 1, uptime: 0, wall: 0, quality: .unset))

        func set(_ seconds: Int64, _ quality: ClockQuality) {
            reading.withLock { $0 = ClockReading(boot: 1, uptime: 0, wall: seconds * 1_000, quality: quality) }
        }
    }

    private let clock = Clock()
    private let hub = "gw.example:8883"
    private let authorities = "aa"

    private func hubs(_ directory: String) -> ProvenHubs {
        ProvenHubs(
            path: directory + "/proven-hubs",
            clock: { [clock] in clock.reading.withLock(\.self) },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    @Test func `a known key is believed until its certificate had expired, after a restart too`() throws {
        try ScratchDirectory.with { directory in
            clock.set(1_800_000_000, .synchronised)
            hubs(directory).prove(hub, authorities, key: "k", start: 1_700_000_000)
            clock.set(0, .unset)
            let again = hubs(directory)
            #expect(again.believes(hub, authorities, key: "k", expiry: 1_800_000_000))
            #expect(!again.believes(hub, authorities, key: "k", expiry: 1_799_999_999), "expired")
            #expect(!again.believes(hub, authorities, key: "other", expiry: 1_900_000_000))
            #expect(!again.believes(hub, authorities, key: nil, expiry: 1_900_000_000))
            #expect(!again.believes(hub, "bb", key: "k", expiry: 1_900_000_000), "authorities that were replaced")
            #expect(!again.believes("other:1", authorities, key: "k", expiry: 1_900_000_000))
            #expect(again.believed == 1)
        }
    }

    @Test func `a clock that nobody vouches for proves no more than the day a certificate begins`() throws {
        try ScratchDirectory.with { directory in
            clock.set(2_000_000_000, .unsynchronised)
            let proven = hubs(directory)
            proven.prove(hub, authorities, key: "k", start: 1_700_000_000)
            #expect(proven.believes(hub, authorities, key: "k", expiry: 1_700_000_000))
            #expect(!proven.believes(hub, authorities, key: "k", expiry: 1_699_999_999))
        }
    }

    @Test func `the time never goes back, and is one for all hubs`() throws {
        try ScratchDirectory.with { directory in
            clock.set(1_800_000_000, .synchronised)
            let proven = hubs(directory)
            proven.prove("first:1", authorities, key: "k", start: 0)
            clock.set(1_750_000_000, .synchronised)
            proven.prove(hub, authorities, key: "k", start: 0)
            #expect(!proven.believes(hub, authorities, key: "k", expiry: 1_799_999_999))
            #expect(!hubs(directory).believes(hub, authorities, key: "k", expiry: 1_799_999_999))
        }
    }

    @Test func `only a hub that is known is asked for its key, once after a certificate that failed`() throws {
        try ScratchDirectory.with { directory in
            clock.set(0, .unset)
            let proven = hubs(directory)
            proven.fail(hub)
            #expect(!proven.isAsked(of: hub), "nothing is known of it")
            proven.prove(hub, authorities, key: "k", start: 1_700_000_000)
            #expect(!proven.isAsked(of: hub), "nothing has failed")
            proven.fail(hub)
            #expect(proven.isAsked(of: hub))
            #expect(!proven.isAsked(of: hub), "in full again")
            proven.fail(hub)
            clock.set(1_800_000_000, .synchronised)
            #expect(!proven.isAsked(of: hub), "a clock that is right is believed")
        }
    }

    @Test func `hubs that are remembered are bounded, and lines that are none passed over`() throws {
        try ScratchDirectory.with { directory in
            clock.set(1_800_000_000, .synchronised)
            let proven = hubs(directory)
            for number in 0..<40 { proven.prove("h\(number):1", authorities, key: "k", start: 0) }
            #expect(!proven.believes("h23:1", authorities, key: "k", expiry: .max))
            #expect(hubs(directory).believes("h24:1", authorities, key: "k", expiry: .max))
        }
        let entry = ProvenHubs.Entry(hub: "h:1", key: "sha256/x", authorities: "aa", seconds: 5)
        #expect(ProvenHubs.text(of: [entry]) == "h:1 sha256/x aa 5\n")
        #expect(ProvenHubs.entries(in: "h:1 sha256/x aa 5\n") == [entry])
        let others = "\n#\nh:1 k aa -5\nh:1 k aa\nh:1 k aa 5 6\nh:1 k aa x\n"
        #expect(ProvenHubs.entries(in: others + "h:1 sha256/x aa 5") == [entry])
    }
}
