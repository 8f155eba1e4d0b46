// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Broker
import Glibc
import MQTT
import NIOCore
import NIOPosix
import Startup

struct SubCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sub",
        abstract: "Prints messages as they come: from the agent here, or with --port 1884 what landed at a hub.",
        discussion: """
            sluice sub -v 'site/#'                      topic and payload, one line each
            sluice sub --port 1884 -n 10 'site/+/temp'  ten messages from the hub on this machine, then the end

            \(ProgramExit.help)
            """
    )

    @OptionGroup var endpoint: MQTTEndpoint

    @Argument(help: "Topic filters; + stands for one level, # for all that follow.")
    var filters: [String]

    @Flag(name: .shortAndLong, help: "Print the topic before the payload.")
    var verbose = false

    @Option(name: [.customShort("n"), .long], help: "End after this many messages.")
    var count: Int?

    func validate() throws {
        if filters.isEmpty { throw ValidationError("a topic filter is missing, such as 'site/#'") }
        if let count, count < 1 { throw ValidationError("--count is 1 or more, not \(count)") }
    }

    func run() async {
        await withClearErrors {
            let client = try await MQTTClient.connect(
                endpoint.configuration("sub"),
                group: MultiThreadedEventLoopGroup.singleton
            )
            for filter in filters { try await client.subscribe(filter) }
            var left = count ?? .max
            for try await message in client.messages {
                guard Self.put(message, withTopic: verbose) else { break }
                left -= 1
                if left == 0 { break }
            }
            await client.disconnect()
        }
    }

    /// False when nobody reads standard output any more.
    private static func put(_ message: MQTTMessage, withTopic: Bool) -> Bool {
        var line = ByteBuffer()
        if withTopic { line.writeString(message.topic + " ") }
        line.writeImmutableBuffer(message.payload)
        line.writeString("\n")
        while line.readableBytes > 0 {
            let count = line.withUnsafeReadableBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else { return false }
            line.moveReaderIndex(forwardBy: max(0, count))
        }
        return true
    }
}
