// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// A simulated device's messages, read from /proc at the moment they are asked for.
///
/// It reports everything that its sensor sees in turn; every fiftieth message goes to an alarm topic.
package final class ProcSource: Sendable {
    private static let alarmEvery = 50
    /// How many messages the list of processes holds for.
    private static let processListFor = 200

    private let sensor: ProcSensor
    private let processes = Mutex<(list: [Int32], at: Int)>(([], 0))

    package init(_ sensor: ProcSensor) {
        self.sensor = sensor
    }

    /// The message with this number; there is always one.
    package func message(_ number: Int) -> DeviceMessage? {
        let reading = reading(number) ?? ProcReading(name: "none", fields: [])
        let topic =
            number % Self.alarmEvery == Self.alarmEvery - 1
            ? "alarms/\(sensor.rawValue)" : "telemetry/\(sensor.rawValue)/\(reading.name)"
        let payload = reading.json(number: number, milliseconds: Self.wallMilliseconds())
        return DeviceMessage(topic: topic, payload: Array(payload.utf8))
    }

    private func reading(_ number: Int) -> ProcReading? {
        let process = sensor == .process ? process(number) : 0
        guard let text = Self.text(of: sensor.path(process: process)) else { return nil }
        let readings = sensor.readings(text)
        return readings.isEmpty ? nil : readings[number % readings.count]
    }

    private func process(_ number: Int) -> Int32 {
        processes.withLock { processes in
            if processes.list.isEmpty || number >= processes.at + Self.processListFor {
                processes = (Self.processList(), number)
            }
            return processes.list.isEmpty ? getpid() : processes.list[number % processes.list.count]
        }
    }

    private static func processList() -> [Int32] {
        guard let directory = opendir("/proc") else { return [] }
        defer { closedir(directory) }
        var list: [Int32] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let pid = Int32(name) { list.append(pid) }
        }
        return list.sorted()
    }

    /// A file under /proc in one read: it is made at that moment.
    private static func text(of path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 16_384)
        let count = read(file, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }

    private static func wallMilliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
