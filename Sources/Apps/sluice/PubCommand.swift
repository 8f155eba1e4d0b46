// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Broker
import Glibc
import MQTT
import NIOCore
import NIOPosix
import Startup

struct PubCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pub",
        abstract: "Publishes messages; ends when all are acknowledged, which means: on disk.",
        discussion: """
            sluice pub site/pump/1 '{"bar":2.1}'      one message
            sluice pub site/pump/1 < readings.txt     one message per line
            sluice pub site/camera/1 --file frame.jpg one message, byte for byte
            date | sluice pub site/clock -            one message: all of standard input

            \(ProgramExit.help)
            """
    )

    @OptionGroup var endpoint: MQTTEndpoint

    @Argument(help: "Topic to publish to.")
    var topic: String

    @Argument(help: "The message; - for all of standard input; without it, every line of standard input is one.")
    var message: String?

    @Option(name: .shortAndLong, help: "0: sent and forgotten; 1: acknowledged.")
    var qos = 1

    @Option(help: "Publish the contents of this file.")
    var file: String?

    @Flag(name: .shortAndLong, help: "Ask the server to keep the message for later subscribers.")
    var retain = false

    func validate() throws {
        guard qos == 0 || qos == 1 else { throw ValidationError("--qos is 0 or 1, not \(qos)") }
        guard file == nil || message == nil else { throw ValidationError("a message and --file exclude each other") }
    }

    func run() async {
        await withClearErrors {
            let client = try await MQTTClient.connect(
                endpoint.configuration("pub"),
                group: MultiThreadedEventLoopGroup.singleton
            )
            let refusals = Refusals()
            try await publish(on: client, refusals)
            while client.unacknowledged > 0, client.ending == nil { try await Task.sleep(for: .milliseconds(1)) }
            if let ending = client.ending { throw ending }
            await client.disconnect()
            if let refusal = refusals.first { throw refusal }
        }
    }

    private func publish(on client: MQTTClient, _ refusals: Refusals) async throws {
        if let file {
            try await send(Array(InputBytes(path: file).rest()), on: client, refusals)
        } else if message == "-" {
            try await send(Array(InputBytes.standard.rest()), on: client, refusals)
        } else if let message {
            try await send(Array(message.utf8), on: client, refusals)
        } else {
            let input = InputBytes.standard
            while let line = try input.nextLine() { try await send(line, on: client, refusals) }
        }
    }

    private func send(_ payload: [UInt8], on client: MQTTClient, _ refusals: Refusals) async throws {
        try await client.send(
            topic: topic,
            payload: ByteBuffer(bytes: payload),
            qualityOfService: qos == 0 ? .atMostOnce : .atLeastOnce,
            retain: retain
        ) { result in
            if case .failure(let error) = result { refusals.note(error) }
        }
    }
}
