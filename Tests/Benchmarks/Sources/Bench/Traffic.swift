// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Publishers and subscribers of one broker in one thread, each message stamped with the time of its sending.
struct Traffic {
    struct Result {
        var sent = 0
        var seconds = 0.0
        var latency = Samples()
        var delivered: Int { latency.count }
    }

    private let publishers: [MQTTConnection]
    private let subscribers: [MQTTConnection]
    private let quality: UInt8
    private let payload = [UInt8](repeating: 0x78, count: 150)

    init(port: Int, publishers: Int, subscribers: Int, quality: UInt8) throws {
        self.quality = quality
        self.subscribers = try (0..<subscribers).map { number in
            let connection = try MQTTConnection(port: port, clientID: "sub-\(quality)-\(number)")
            try connection.subscribe("bench/#", quality: quality)
            return connection
        }
        self.publishers = try (0..<publishers).map { try MQTTConnection(port: port, clientID: "pub-\(quality)-\($0)") }
    }

    /// Sends so many messages in all and waits until every subscriber has each.
    ///
    /// - Parameters:
    ///   - window: messages of one publisher that may be under way.
    ///   - rate: messages a second in all; nil for as many as there is room for.
    func run(messages: Int, window: Int, rate: Int? = nil) throws -> Result {
        var result = Result()
        var underWay = [Int](repeating: 0, count: publishers.count)
        let start = nanoseconds()
        var last = start
        let wanted = messages * subscribers.count
        while result.delivered < wanted || underWay.contains(where: { $0 > 0 && quality > 0 }) {
            let due = rate.map { Int(Double(nanoseconds() - start) / 1e9 * Double($0)) + 1 } ?? messages
            try publish(upTo: min(due, messages), window, &underWay, &result)
            let before = result.delivered
            var answered = 0
            for (index, connection) in publishers.enumerated() where connection.isReadable {
                let done = try answers(of: connection)
                underWay[index] -= done
                answered += done
            }
            for connection in subscribers where connection.isReadable { try receive(connection, &result) }
            // Without QoS nothing says that a message arrived but its arrival.
            if quality == 0 { underWay[0] = result.sent - result.delivered / subscribers.count }
            guard result.delivered == before, answered == 0 else {
                last = nanoseconds()
                continue
            }
            guard nanoseconds() - last < 20_000_000_000 else { throw Failure("messages are missing after 20 s") }
            wait(rate == nil ? 100 : 1)
        }
        result.seconds = Double(nanoseconds() - start) / 1e9
        return result
    }

    /// Messages that may wait at the broker for one subscriber; Mosquitto drops what is above 1,000.
    private static let mostWaiting = 800

    private func publish(upTo due: Int, _ window: Int, _ underWay: inout [Int], _ result: inout Result) throws {
        for (index, connection) in publishers.enumerated() {
            var out: [UInt8] = []
            let used = quality == 0 ? underWay[0] : underWay[index]
            let waiting = result.sent - result.delivered / subscribers.count
            for _ in 0..<max(0, min(window - used, due - result.sent, Self.mostWaiting - waiting)) {
                let stamp = withUnsafeBytes(of: nanoseconds(), Array.init)
                let packetID = UInt16(result.sent % 60_000 + 1)
                MQTTConnection.publish(
                    Array("bench/\(index)".utf8),
                    stamp + payload,
                    quality: quality,
                    packetID: packetID,
                    into: &out
                )
                result.sent += 1
                underWay[quality == 0 ? 0 : index] += 1
            }
            if !out.isEmpty { try connection.send(out) }
        }
    }

    /// Goes on with PUBREL; how many messages are done with.
    private func answers(of connection: MQTTConnection) throws -> Int {
        var done = 0
        var out: [UInt8] = []
        while connection.isReadable, let packet = try connection.packet() {
            if packet.type == 4 || packet.type == 7 { done += 1 }
            if packet.type == 5 { out += [0x62, 2] + packet.body.prefix(2) }
        }
        if !out.isEmpty { try connection.send(out) }
        return done
    }

    private func receive(_ connection: MQTTConnection, _ result: inout Result) throws {
        var out: [UInt8] = []
        while connection.isReadable, let packet = try connection.packet() {
            if packet.type == 6 { out += [0x70, 2] + packet.body.prefix(2) }
            guard packet.type == 3 else { continue }
            let body = packet.body
            let topic = Int(body[body.startIndex]) << 8 | Int(body[body.startIndex + 1])
            var position = body.startIndex + 2 + topic
            if quality > 0 {
                out += [quality == 1 ? 0x40 : 0x50, 2] + body[position..<position + 2]
                position += 2
            }
            let stamp = body[position..<position + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            result.latency.add(nanoseconds() - stamp)
        }
        if !out.isEmpty { try connection.send(out) }
    }

    /// Waits until a socket has something, or so many milliseconds.
    private func wait(_ milliseconds: Int32) {
        guard !(publishers + subscribers).contains(where: \.isBuffered) else { return }
        var descriptors = (publishers + subscribers).map { pollfd(fd: $0.socket, events: Int16(POLLIN), revents: 0) }
        poll(&descriptors, nfds_t(descriptors.count), milliseconds)
    }
}
