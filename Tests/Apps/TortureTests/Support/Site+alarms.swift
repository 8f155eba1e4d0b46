// SPDX-License-Identifier: Apache-2.0

import Demo
import Events
import Storage
import Testing

extension Site {
    /// Publishes alarms one after the other while a backlog drains, and prints how long they took.
    ///
    /// Each has to land before the end of what was queued before it, and nearly all of them soon.
    ///
    /// - Parameters:
    ///   - backlog: events published before, all of them in other classes.
    ///   - limit: what 99 of 100 may take.
    /// - Returns: the devices that published them.
    func alarms(during backlog: Int, within limit: Duration) async throws -> [Device] {
        let log = try HubLog.openReader(directory: hubDirectory)
        var seen = Landings()
        try seen.look(at: log)
        var devices: [Device] = []
        var latencies: [Duration] = []
        while devices.count < 40 {
            try seen.look(at: log)
            // Near its end there may be nothing left to overtake.
            guard backlog - seen.others > 1000 else { break }
            let alarm = alarm(number: devices.count)
            devices.append(alarm)
            let start = ContinuousClock.now
            try await publish([alarm])
            try await waiting(for: "alarm \(devices.count) in the hub's log", within: .seconds(60), details: tail) {
                try seen.look(at: log)
                return seen.alarms.count == devices.count ? () : nil
            }
            latencies.append(ContinuousClock.now - start)
            let before = try #require(seen.alarms.last)
            #expect(before < backlog, "alarm \(devices.count) landed behind all that was queued before it")
        }
        #expect(devices.count >= 3, "the backlog was gone too soon for alarms to overtake it")
        latencies.sort()
        let p50 = latencies[latencies.count / 2]
        let p99 = latencies[latencies.count * 99 / 100]
        print("torture: \(latencies.count) alarms during the drain landed after p50 \(p50), p99 \(p99)")
        #expect(p99 <= limit)
        return devices
    }

    private func alarm(number: Int) -> Device {
        let configuration = Device.Configuration(name: "alarm\(number)", port: mqttPort)
        return Device(configuration, on: group) { count in
            count == 0 ? DeviceMessage(topic: "alarms/\(number)", payload: Array(#"{"on":true}"#.utf8)) : nil
        }
    }
}

/// What has landed, in its order.
private struct Landings {
    private var position: Int64 = 0
    /// Events that are no alarms.
    private(set) var others = 0
    /// For each alarm, how many other events landed before it.
    private(set) var alarms: [Int] = []

    mutating func look(at log: HubLogReader) throws {
        try log.renew()
        while let entry = try log.next(after: position) {
            position = entry.position
            if entry.lane.partition.eventClass == .alarm {
                alarms += Array(repeating: others, count: entry.block.count)
            } else {
                others += entry.block.count
            }
        }
    }
}
