// SPDX-License-Identifier: Apache-2.0

import Events
package import NIOCore

/// The devices of a demo, and how much they have to say.
package struct DemoDevices: Sendable {
    private static let liveRate = 500.0
    private static let replayingDevices = 4

    package let devices: [Device]
    /// Messages of a recording; nil for telemetry, which never ends.
    package let total: Int?

    /// Devices that report this machine's own load.
    package static func telemetry(port: Int, rate: Double?, on group: any EventLoopGroup) -> DemoDevices {
        let sensors = ProcSensor.allCases
        let devices = sensors.map { sensor in
            var configuration = Device.Configuration(name: "demo-\(sensor.rawValue)", port: port)
            configuration.rate = (rate ?? liveRate) / Double(sensors.count)
            let source = ProcSource(sensor)
            return Device(configuration, on: group) { source.message($0) }
        }
        return DemoDevices(devices: devices, total: nil)
    }

    /// Devices that replay a recording; each topic belongs to one of them, so that its order is kept.
    package static func replay(
        _ path: String,
        port: Int,
        rate: Double?,
        on group: any EventLoopGroup
    ) throws -> DemoDevices {
        var shares = Array(repeating: [DeviceMessage](), count: replayingDevices)
        try LineReader.forEachLine(of: path) { line in
            let event = try RecordedEvent(line: line)
            let slot = Array(event.topic.utf8).withUnsafeBytes { XXHash64.hash($0) } % UInt64(replayingDevices)
            shares[Int(slot)].append(DeviceMessage(topic: event.topic, payload: event.payload))
        }
        let total = shares.reduce(0) { $0 + $1.count }
        let devices = shares.enumerated().filter { !$0.element.isEmpty }.map { slot, messages in
            var configuration = Device.Configuration(name: "demo-replay-\(slot)", port: port)
            configuration.rate = rate.map { $0 * Double(messages.count) / Double(total) }
            return Device(configuration, on: group) { $0 < messages.count ? messages[$0] : nil }
        }
        return DemoDevices(devices: devices, total: total)
    }

    package var published: Int { devices.reduce(0) { $0 + $1.published } }
    package var acknowledged: Int { devices.reduce(0) { $0 + $1.acknowledged } }
    package var bytes: Int { devices.reduce(0) { $0 + $1.bytes } }
    package var rejected: Int { devices.reduce(0) { $0 + $1.rejected.count } }

    /// How much of a recording is acknowledged, 0 to 1; nil for telemetry.
    package var share: Double? {
        total.map { $0 == 0 ? 1 : Double(acknowledged) / Double($0) }
    }

    package func stop() {
        for device in devices { device.stop() }
    }
}
