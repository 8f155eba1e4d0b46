// SPDX-License-Identifier: Apache-2.0

import Demo
import Glibc
import TestSupport

/// Payloads that look like telemetry; each topic counts, so that every row can be matched.
///
/// - Parameter noise: hexadecimal digits that no compression takes away, for runs that must fill a slow link; beyond 64 they
///   repeat, for runs that must fill a store.
func telemetry(_ device: String, limit: Int = .max, noise: Int = 0) -> Device.Source {
    let seed = device.utf8.reduce(UInt64(7)) { $0 &* 31 &+ UInt64($1) }
    return { number in
        guard number < limit else { return nil }
        let topic = "site/\(device)/\(["temperature", "pressure", "flow"][number % 3])"
        var generator = SeededGenerator(seed: seed &+ UInt64(number))
        let value = "\(20 + generator.next() % 7).\(generator.next() % 10)"
        let digits = (0..<min(noise, 64)).map { _ in String(generator.next() % 16, radix: 16) }.joined()
        let extra = String(repeating: digits, count: max(1, noise / 64))
        let text = #"{"n":\#(number / 3),"value":\#(value),"unit":"C","x":"\#(extra)","ok":\#(number % 5 != 0)}"#
        return DeviceMessage(topic: topic, payload: Array(text.utf8))
    }
}

extension Site {
    /// `count` devices that publish telemetry, each `limit` messages or until it is stopped.
    func devices(
        _ count: Int,
        limit: Int = .max,
        rate: Double? = nil,
        noise: Int = 0,
        prefix: String = "dev"
    ) -> [Device] {
        (1...count).map { number in
            var configuration = Device.Configuration(name: "\(prefix)\(number)", port: mqttPort)
            configuration.rate = rate
            return Device(configuration, on: group, source: telemetry("\(prefix)\(number)", limit: limit, noise: noise))
        }
    }

    /// Runs devices beside `body`; then stops them and waits until everything is acknowledged to them.
    func publishing(
        _ devices: [Device],
        within limit: Duration = .seconds(120),
        _ body: @Sendable () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for device in devices { tasks.addTask { try await device.run() } }
            do {
                try await body()
            } catch {
                tasks.cancelAll()
                throw error
            }
            for device in devices { device.stop() }
            try await self.finish(&tasks, within: limit, devices)
        }
    }

    private func finish(
        _ tasks: inout ThrowingTaskGroup<Void, any Error>,
        within limit: Duration,
        _ devices: [Device]
    ) async throws {
        tasks.addTask {
            try await Task.sleep(for: limit)
            let missing = devices.map { $0.published - $0.acknowledged }
            throw TimedOut(waitedFor: "last acknowledgements (missing: \(missing))", limit: limit)
        }
        for _ in devices { try await tasks.next() }
        tasks.cancelAll()
    }

    /// Publishes all messages of the devices, to the last acknowledgement.
    func publish(_ devices: [Device], within limit: Duration = .seconds(120)) async throws {
        try await publishing(devices, within: limit) {
            try await waiting(for: "acknowledgement of everything", within: limit) {
                devices.allSatisfy { $0.isFinished } ? () : nil
            }
        }
    }
}
