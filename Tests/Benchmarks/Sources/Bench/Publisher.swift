// SPDX-License-Identifier: Apache-2.0

/// Publishes QoS 1 through one connection with a window of unanswered events.
struct Publisher {
    var connection: MQTTConnection
    var telemetry = Telemetry()

    /// - Returns: acknowledged events per second, and the time from PUBLISH to PUBACK.
    mutating func run(events: Int, window: Int) throws -> (rate: Double, puback: Samples) {
        var sentAt = [UInt64](repeating: 0, count: 65_536)
        var samples = Samples()
        var sent = 0
        var answered = 0
        let start = nanoseconds()
        var out: [UInt8] = []
        while answered < events {
            out.removeAll(keepingCapacity: true)
            while sent < events, sent - answered < window {
                let now = nanoseconds()
                let event = telemetry.next(stamp: now)
                let packetID = UInt16(sent % 65_000 + 1)
                sentAt[Int(packetID)] = now
                MQTTConnection.publish(event.topic, event.payload, packetID: packetID, into: &out)
                sent += 1
            }
            if !out.isEmpty { try connection.send(out) }
            repeat {
                guard let packet = try connection.packet(timeout: 30_000) else { throw Failure("no PUBACK for 30 s") }
                guard packet.type == 4, let high = packet.body.first, let low = packet.body.dropFirst().first else {
                    continue
                }
                answered += 1
                samples.add(nanoseconds() - sentAt[Int(high) << 8 | Int(low)])
            } while connection.isReadable && answered < sent
        }
        return (Double(events) / (Double(nanoseconds() - start) / 1e9), samples)
    }

    /// Publishes at a steady rate for some seconds, reading answers as they come.
    mutating func run(perSecond rate: Int, seconds: Double) throws -> Samples {
        var sentAt = [UInt64](repeating: 0, count: 65_536)
        var samples = Samples()
        let start = nanoseconds()
        let total = Int(Double(rate) * seconds)
        var sent = 0
        var answered = 0
        while answered < total {
            let due = min(total, Int(Double(nanoseconds() - start) / 1e9 * Double(rate)) + 1)
            var out: [UInt8] = []
            while sent < due {
                let now = nanoseconds()
                let event = telemetry.next(stamp: now)
                let packetID = UInt16(sent % 65_000 + 1)
                sentAt[Int(packetID)] = now
                MQTTConnection.publish(event.topic, event.payload, packetID: packetID, into: &out)
                sent += 1
            }
            if !out.isEmpty { try connection.send(out) }
            guard let packet = try connection.packet(timeout: sent < total ? 1 : 10_000) else {
                if sent == total { throw Failure("no PUBACK for 10 s") }
                continue
            }
            guard packet.type == 4, let high = packet.body.first, let low = packet.body.dropFirst().first else {
                continue
            }
            answered += 1
            samples.add(nanoseconds() - sentAt[Int(high) << 8 | Int(low)])
        }
        return samples
    }
}
