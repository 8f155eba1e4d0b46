// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A backlog that was made while no hub was there, drained when it comes, and what publishers see of that.
enum DrainBenchmark {
    static func run(_ options: Options, _ report: inout Report) throws {
        report.heading("Drain of \(options.events) buffered events")
        let bus = try Bus(programs: options.programs)
        let emptyStart = try bus.startAgent()
        report.figure("start-up, empty store", emptyStart * 1000, "ms")
        try idleMemory(bus, report)
        try fill(bus, events: options.events)
        try drain(bus, events: options.events, report: &report)
    }

    /// PUBACK while `options.backlog` events leave.
    static func backlog(_ options: Options, _ report: inout Report) throws {
        report.heading("Backlog of \(options.backlog) events")
        let bus = try Bus(programs: options.programs)
        try bus.startAgent()
        try fill(bus, events: options.backlog)
        try answersWhileDraining(bus, report)
    }

    /// PUBACK at 1,000 events/s without a hub, and while the backlog leaves.
    ///
    /// In the field the hub is another machine. Here it first runs only when nothing else does, with its log in memory, so that
    /// it takes neither processor nor disk from the agent, then beside it like any other program. The backlog should last
    /// for both: 1,000,000 events do.
    private static func answersWhileDraining(_ bus: Bus, _ report: Report) throws {
        var publisher = Publisher(connection: try bus.connect("steady"))
        let idle = try publisher.run(perSecond: 1_000, seconds: 3).milliseconds(percentile: 99)
        try bus.startHub(apart: true)
        let apart = try publisher.run(perSecond: 1_000, seconds: 3).milliseconds(percentile: 99)
        bus.hub?.end(SIGKILL)
        try bus.startHub()
        let beside = try publisher.run(perSecond: 1_000, seconds: 3).milliseconds(percentile: 99)
        report.figure("PUBACK p99 at 1,000/s, no hub", idle, "ms", decimals: 2)
        report.figure("PUBACK p99 at 1,000/s, draining, hub apart", apart, "ms", decimals: 2)
        report.figure("PUBACK p99 at 1,000/s, draining, hub beside", beside, "ms", decimals: 2)
        report.figure("PUBACK p99, draining, hub apart / no hub", apart / idle, "x", decimals: 1)
        report.figure("PUBACK p99, draining, hub beside / no hub", beside / idle, "x", decimals: 1)
    }

    private static func idleMemory(_ bus: Bus, _ report: Report) throws {
        guard let agent = bus.agent else { return }
        usleep(500_000)
        let before = agent.cpuSeconds()
        let memory = agent.memory()
        usleep(3_000_000)
        report.figure("resident, idle", Double(memory.all) / 1024, "MiB", decimals: 1)
        report.figure("CPU, idle, no hub", (agent.cpuSeconds() - before) / 3 * 100, "%", decimals: 2)
    }

    static func fill(_ bus: Bus, events: Int) throws {
        var publisher = Publisher(connection: try bus.connect("fill"))
        _ = try publisher.run(events: events, window: 2_000)
    }

    /// The same drain over a direct connection and over one with 100 ms round trip, in turn.
    static func delay(_ options: Options, _ report: inout Report) throws {
        report.heading("Drain of \(options.events) buffered events at 100 ms round trip")
        let direct = try drainRate(options, milliseconds: 0)
        let delayed = try drainRate(options, milliseconds: 50)
        report.figure("drain rate, direct", direct, "events/s")
        report.figure("drain rate, 100 ms round trip", delayed, "events/s")
        // The window grows from nothing for some round trips: few events say more of that than of the link.
        report.figure("drain rate, 100 ms round trip / direct", delayed / direct, "x", decimals: 2)
    }

    /// Events per second from the first landed one to the last, with a proxy in between that delays each way so much.
    private static func drainRate(_ options: Options, milliseconds: Int) throws -> Double {
        let bus = try Bus(programs: options.programs)
        let proxy = try DelayProxy(target: bus.hubPort, milliseconds: milliseconds)
        defer { proxy.stop() }
        try bus.startAgent(["SLUICE_HUB": "ws://127.0.0.1:\(proxy.port)"])
        try fill(bus, events: options.events)
        try bus.startHub()
        let (_, rate) = try landingRate(bus, events: options.events)
        return rate
    }

    /// When the first event was seen to have landed, and events per second from then on.
    static func landingRate(_ bus: Bus, events: Int) throws -> (first: UInt64, rate: Double) {
        try wait(upTo: 30, for: "the first event at the hub", interval: 20) { try bus.hubLanded() > 0 }
        let first = nanoseconds()
        let already = try bus.hubLanded()
        try wait(upTo: 300, for: "\(events) events at the hub", interval: 100) { try bus.hubLanded() >= events }
        return (first, Double(events - already) / (Double(nanoseconds() - first) / 1e9))
    }

    private static func drain(_ bus: Bus, events: Int, report: inout Report) throws {
        try bus.startHub()
        let start = nanoseconds()
        let (first, rate) = try landingRate(bus, events: events)
        report.figure("first event after the hub came", Double(first - start) / 1e9, "s", decimals: 2)
        report.figure("drain rate", rate, "events/s")
        guard let agent = bus.agent else { return }
        report.figure(
            "agent resident after the drain",
            Double(agent.memory().all) / 1024,
            "MiB",
            decimals: 1
        )
    }
}
