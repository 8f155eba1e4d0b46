// SPDX-License-Identifier: Apache-2.0

import Agent
import Broker
import Events
import Storage
import Synchronization
import Testing
import Uplink

@Suite struct StatusBoardTests {
    private func board(
        hub: Bool = true,
        store: StoreStatistics = .init(),
        uplink: UplinkStatistics = .init()
    ) -> StatusBoard {
        StatusBoard(
            .init(
                node: "n",
                epoch: "00000000000000ff",
                hasHub: hub,
                store: { store },
                uplink: { uplink },
                forwarding: { .init() }
            )
        )
    }

    @Test func `without a hub it says so`() {
        #expect(board(hub: false).status().state == .noHub)
    }

    @Test func `a link with trouble is buffering and says why`() {
        var uplink = UplinkStatistics()
        uplink.trouble = "connection refused"
        let status = board(uplink: uplink).status()
        #expect(status.state == .buffering)
        #expect(status.table.contains("connection refused"))
    }

    @Test func `a store with trouble comes before everything`() {
        var store = StoreStatistics()
        store.trouble = "disk full"
        #expect(board(hub: false, store: store).status().state == .refusing)
    }

    @Test func `old events are a drain, young ones are not`() {
        var store = StoreStatistics()
        store.backlogEvents = 10
        store.backlogBytes = 1000
        store.oldestTimestamp = 10_000
        #expect(board(store: store).status(atMilliseconds: 11_000).state == .current)
        let status = board(store: store).status(atMilliseconds: 70_000)
        #expect(status.state == .draining)
        #expect(status.oldestSeconds == 60)
        #expect(status.table.contains("10 events, 1000 B, the oldest 1.0 min old"))
    }

    @Test func `the buffer lasts as long as the rate allows`() throws {
        let store = Mutex(StoreStatistics())
        store.withLock { store in
            store.maximumBytes = 1_000_000_000
            store.freeBytes = 720_000_000
        }
        let counts = Mutex(Forwarding.Counts())
        let board = StatusBoard(
            .init(
                node: "n",
                epoch: "e",
                hasHub: true,
                store: { store.withLock(\.self) },
                uplink: { .init() },
                forwarding: { counts.withLock(\.self) }
            )
        )
        board.sample(at: .seconds(1))
        #expect(board.status().hoursLeft == nil)
        store.withLock { $0.appended = 100 }
        counts.withLock { $0.bytes = 16_000 }
        board.sample(at: .seconds(2))
        #expect(board.status().json.contains(#""in_per_s":100.0,"#))
        // 720 MB left, 100 events of 160 bytes and 40 more on disk each second.
        #expect(board.status().json.contains(#""hours_left":10.00,"#))
        // Packed, as what waits is for the most part, they take a tenth.
        store.withLock { $0.density = 0.1 }
        #expect(board.status().json.contains(#""hours_left":100.00,"#))
    }

    @Test func `it says what the flash was given for each byte of events`() {
        var store = StoreStatistics()
        store.writtenBytes = 12_288
        #expect(board(store: store).status().writtenPerByte == nil, "nothing was taken")
        store.appendedBytes = 4_096
        let status = board(store: store).status()
        #expect(status.json.contains(#""written_bytes":12288,"written_per_byte":3.00,"#))
        #expect(status.table.contains("12.0 KiB written since start, 3.0 for each byte of events"))
    }

    @Test func `JSON has the keys that scripts read, nulls where nothing is known`() throws {
        let keys = [
            "state", "node", "epoch", "hub", "backlog_events", "backlog_bytes", "historical_events", "oldest_s",
            "in_per_s", "out_per_s", "link_bytes_per_event", "primer", "sealed", "refused_seals", "hub_ack_age_s",
            "hours_left", "written_bytes", "written_per_byte", "believed_hubs", "source", "gaps", "mqtt",
        ]
        let stopped = AgentStatus(state: .stopped).json
        #expect(stopped.hasPrefix(#"{"state":"stopped","node":null"#))
        var position = stopped.startIndex
        for key in keys {
            let range = try #require(stopped[position...].firstRange(of: "\"\(key)\":"))
            position = range.upperBound
        }
        var store = StoreStatistics()
        store.gaps = [.init(eventClass: .bulk, reason: .bufferFull, events: 7)]
        #expect(
            board(store: store).status().json.hasSuffix(
                #""gaps":[{"class":"bulk","reason":"buffer-full","events":7}],"mqtt":null}"#
            )
        )
    }

    @Test func `what the broker dropped, refused or turned away is shown`() {
        var broker = BrokerStatistics()
        (broker.connections, broker.sessions, broker.subscriptions) = (1, 2, 3)
        var status = AgentStatus(state: .noHub)
        status.broker = broker
        #expect(status.table.hasSuffix("mqtt          1 clients, 2 sessions, 3 subscriptions, 0 retained"))
        broker.dropped = 4
        broker.refused = ["too large": 5]
        broker.turnedAway = ["bad password": 6]
        status.broker = broker
        #expect(status.table.contains("5 refused: too large"))
        #expect(status.table.contains("6 turned away: bad password"))
        #expect(status.table.contains("4 dropped: a subscriber's queue was full"))
        #expect(status.json.hasSuffix(#""refused":{"too large":5},"turned_away":{"bad password":6}}}"#))
    }

    @Test func `the broker that it reads from is shown with what came, or why nothing does`() {
        var status = AgentStatus(state: .noHub)
        var source = SourceStatistics(address: "10.0.0.5:1883")
        source.trouble = "connection refused"
        status.source = source
        #expect(
            status.table.contains("source        10.0.0.5:1883 is not read (connection refused); 0 messages stored")
        )
        let json = #""source":{"address":"10.0.0.5:1883","reading":false,"trouble":"connection refused","stored":0,"#
        #expect(status.json.contains(json + #""last_s":null}"#))
        (source.isReading, source.trouble, source.stored, source.sinceLast) = (true, nil, 12, .seconds(3))
        status.source = source
        #expect(status.table.contains("10.0.0.5:1883 is read; 12 messages stored, the last 3.0 s ago"))
        #expect(status.json.contains(#""reading":true,"trouble":null,"stored":12,"last_s":3.0}"#))
    }

    @Test func `it never says connected`() {
        for state in [AgentStatus.State.current, .draining, .buffering, .noHub, .refusing, .stopped] {
            #expect(!AgentStatus(state: state).table.contains("connected"))
        }
    }
}
