// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What one hub lands from one agent and from many at a time.
enum LandingBenchmark {
    static func run(_ options: Options, _ report: inout Report) throws {
        report.heading("Landing at one hub")
        for agents in [1, options.agents] {
            let signed = try rate(options, agents: agents, provenance: "on")
            let plain = try rate(options, agents: agents, provenance: "off")
            report.figure("\(agents) agents", signed, "events/s")
            report.figure("\(agents) agents, SLUICE_PROVENANCE=off", plain, "events/s")
            // The target is 0.9; half a second of landing, as in the short form, says little about what it costs.
            report.ratio("\(agents) agents, provenance on / off", signed / plain, least: 0.2)
        }
    }

    /// Events per second from the first landed one to the last.
    private static func rate(_ options: Options, agents: Int, provenance: String) throws -> Double {
        let bus = try Bus(programs: options.programs)
        let each = options.events / agents
        var children: [Child] = []
        for index in 0..<agents {
            let port = try Bus.freePort()
            children.append(try bus.makeAgent([:], name: "agent\(index)", port: port))
            try bus.waitForPort(port)
            var publisher = Publisher(connection: try MQTTConnection(port: port, clientID: "fill"))
            _ = try publisher.run(events: each, window: 1_000)
        }
        try bus.startHub(["SLUICE_PROVENANCE": provenance])
        try wait(upTo: 30, for: "the first event at the hub", interval: 20) { try bus.hubLanded() > 0 }
        let start = nanoseconds()
        let already = try bus.hubLanded()
        try wait(upTo: 300, for: "\(each * agents) events", interval: 100) { try bus.hubLanded() >= each * agents }
        let seconds = Double(nanoseconds() - start) / 1e9
        for child in children { child.end() }
        return Double(each * agents - already) / seconds
    }
}
