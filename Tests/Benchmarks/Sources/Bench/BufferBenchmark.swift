// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What a buffer costs while no hub is there: disk per event, memory, and the time to start with it.
enum BufferBenchmark {
    /// What one size of buffer costs.
    private struct Cost {
        var filled = 0
        var settled = 0
        var running = Child.Memory()
        var restarted = Child.Memory()
        var start = 0.0
        var puback = 0.0
        var landed = 0.0
    }

    static func run(_ options: Options, _ report: inout Report) throws {
        report.heading("Buffer of \(options.backlog) events, no hub")
        let bus = try Bus(programs: options.programs)
        let settings = ["SLUICE_BUFFER_MAX": "4GiB"]
        try bus.startAgent(settings)
        var telemetry = Telemetry()
        var costs: [Cost] = []
        var buffered = 0
        for count in [0, options.backlog / 10, options.backlog] {
            if count > buffered {
                var publisher = Publisher(connection: try bus.connect("fill"), telemetry: telemetry)
                _ = try publisher.run(events: count - buffered, window: 2_000)
                telemetry = publisher.telemetry
            }
            buffered = count
            let cost = try measure(bus, settings)
            show(cost, count, report)
            costs.append(cost)
        }
        guard let empty = costs.first, let full = costs.last else { return }
        report.ratio("resident, full / empty", Double(full.running.all) / Double(empty.running.all), most: 2)
        report.ratio(
            "resident after a restart, full / empty",
            Double(full.restarted.all) / Double(empty.restarted.all),
            most: 2
        )
        report.ratio("start-up, full / empty", full.start / empty.start, most: 10)
    }

    private static func measure(_ bus: Bus, _ settings: [String: String]) throws -> Cost {
        var cost = Cost()
        cost.filled = try bytes(bus)
        cost.settled = try settle(bus)
        cost.running = bus.agent?.memory() ?? cost.running
        bus.agent?.end(SIGKILL)
        cost.start = try bus.startAgent(settings)
        usleep(500_000)
        cost.restarted = bus.agent?.memory() ?? cost.restarted
        bus.agent?.end(SIGKILL)
        let start = nanoseconds()
        // The shorter of the two: another program's turn on the processor only makes it longer.
        cost.start = min(cost.start, try bus.startAgent(settings))
        var publisher = Publisher(connection: try bus.connect("first"))
        _ = try publisher.run(events: 1, window: 1)
        cost.puback = Double(nanoseconds() - start) / 1e6
        bus.agent?.end(SIGKILL)
        cost.landed = try firstAtHub(bus, settings)
        return cost
    }

    /// From the start of the agent to the first event that the hub's subscriber gets.
    private static func firstAtHub(_ bus: Bus, _ settings: [String: String]) throws -> Double {
        try bus.startHub()
        let subscriber = try MQTTConnection(port: bus.subscriberPort, clientID: "watch")
        try subscriber.subscribe("#")
        let start = nanoseconds()
        try bus.startAgent(settings)
        while let packet = try subscriber.packet(timeout: 20_000) {
            // PUBLISH (MQTT 3.1.1 section 3.3).
            guard packet.type == 3 else { continue }
            // What the hub took away meanwhile is little beside the buffer.
            bus.hub?.end(SIGKILL)
            return Double(nanoseconds() - start) / 1e6
        }
        throw Failure("no event reached the hub; logs are in \(bus.directory)")
    }

    /// Bytes that the agent's state directory has on the disk.
    private static func bytes(_ bus: Bus) throws -> Int {
        var sum = 0
        let path = "\(bus.directory)/agent"
        guard let directory = opendir(path) else { throw Failure("no directory \(path)") }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            var information = stat()
            guard stat("\(path)/\(name)", &information) == 0, information.st_mode & S_IFMT == S_IFREG else { continue }
            sum += Int(information.st_blocks) * 512
        }
        return sum
    }

    /// Waits until the background has packed what it will, and has given back what that left; the bytes that are left.
    private static func settle(_ bus: Bus) throws -> Int {
        guard let agent = bus.agent else { throw Failure("no agent") }
        var last = (bytes: try bytes(bus), seconds: agent.cpuSeconds())
        var calm = 0
        for _ in 0..<900 {
            usleep(1_000_000)
            let now = (bytes: try bytes(bus), seconds: agent.cpuSeconds())
            // Room is given back only after the last piece: while it packs, the file is as long as before.
            let isCalm = now.bytes == last.bytes && now.seconds - last.seconds < 0.1
            calm = isCalm ? calm + 1 : 0
            last = now
            if calm == 15 { break }
        }
        return last.bytes
    }

    private static func show(_ cost: Cost, _ count: Int, _ report: Report) {
        func megabytes(_ memory: Child.Memory) -> Double { Double(memory.all) / 1024 }
        if count > 0 {
            report.figure("\(count): disk, as filled", Double(cost.filled) / Double(count), "B/event", decimals: 1)
            report.figure("\(count): disk, packed", Double(cost.settled) / Double(count), "B/event", decimals: 1)
        }
        report.figure("\(count): resident, after filling", megabytes(cost.running), "MiB", decimals: 1)
        report.figure("\(count): resident, restarted", megabytes(cost.restarted), "MiB", decimals: 1)
        report.figure("\(count): start after kill -9, to CONNACK", cost.start * 1000, "ms")
        report.figure("\(count): start, to PUBACK of the first event", cost.puback, "ms")
        report.figure("\(count): start, to the first event at the hub", cost.landed, "ms")
    }
}
