// SPDX-License-Identifier: Apache-2.0

import Broker
import Events
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Demo

@Suite(.timeLimit(.minutes(1))) struct DeviceTests {
    /// What a broker took, as the rows of an export.
    private final class Log: Sendable {
        let rows = Mutex<[ExportRow]>([])

        func take(_ block: EventBlock) {
            rows.withLock { rows in
                for index in block.records.indices {
                    rows.append(
                        ExportRow(
                            node: "n",
                            epoch: 1,
                            partition: 0,
                            sequence: UInt64(rows.count + 1),
                            topic: block.topic(at: index),
                            payload: Array(block.payload(at: index))
                        )
                    )
                }
            }
        }
    }

    @Test func `a device whose link is reset sends again and records it`() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let log = Log()
        var settings = BrokerConfiguration()
        settings.port = 0
        let broker = MQTTBroker(settings, group: group, logger: Logger(label: "test")) { block, _, answer in
            log.take(block)
            answer(.accepted)
        }
        let proxy = try await LinkProxy(to: try await broker.start(), on: group)
        let device = Device(Device.Configuration(name: "d", port: proxy.port), on: group) { number in
            number < 3000 ? DeviceMessage(topic: "t/\(number % 3)", payload: Array("\(number)".utf8)) : nil
        }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await broker.run() }
            tasks.addTask { try await device.run() }
            for step in 1...3 {
                try await waiting(for: "acknowledgements", within: .seconds(30)) {
                    device.acknowledged > 700 * step ? () : nil
                }
                try await proxy.reset()
            }
            try await waiting(for: "the last acknowledgement", within: .seconds(30)) {
                device.acknowledged == 3000 ? () : nil
            }
            tasks.cancelAll()
        }
        var judge = Judge([device.record])
        for row in log.rows.withLock({ $0 }) { judge.take(row) }
        let verdict = judge.finish()
        #expect(verdict.isClean, "\(verdict)")
        #expect(verdict.published == 3000 && verdict.acknowledged == 3000 && device.reconnects >= 3)
        #expect(verdict.landed <= 3000 + verdict.resentByDevices)
        await proxy.close()
    }
}
