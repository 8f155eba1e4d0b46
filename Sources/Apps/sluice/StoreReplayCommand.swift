// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Broker
import Demo
import NIOCore
import NIOPosix
import Startup

struct StoreReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Publishes the events of an export to a running agent again.",
        discussion: """
            sluice store replay events.jsonl       what `sluice store export` or `sluice-hub export` printed
            sluice-hub export | grep pump7 | sluice store replay -
            sluice store export --file store.db.damaged-1 | sluice store replay -

            What it means: they are new events. Topic and payload are as they were; the time is now, the numbers are new, \
            and attributes (retain, MQTT 5 properties) are not repeated. A hub that has the old ones takes the new ones, \
            too, and subscribers see them again: replay what you know to be missing. An agent's own backlog needs no \
            replay: it is sent as it is.

            Ends when all are acknowledged, which means: on disk. Lines that are no event end it with their number; \
            those before them were published.

            \(ProgramExit.help)
            """
    )

    @OptionGroup var endpoint: MQTTEndpoint

    @Argument(help: "JSON lines with topic and payload or payload_b64; - for standard input.", completion: .file())
    var file: String

    func run() async {
        await withClearErrors {
            let input = file == "-" ? InputBytes.standard : try InputBytes(path: file)
            let client = try await MQTTClient.connect(
                endpoint.configuration("replay"),
                group: MultiThreadedEventLoopGroup.singleton
            )
            let refusals = Refusals()
            let count = try await publish(input, on: client, refusals)
            while client.unacknowledged > 0, client.ending == nil { try await Task.sleep(for: .milliseconds(1)) }
            if let ending = client.ending { throw ending }
            await client.disconnect()
            if let refusal = refusals.first { throw refusal }
            print("\(count) events published")
        }
    }

    private func publish(_ input: InputBytes, on client: MQTTClient, _ refusals: Refusals) async throws -> Int {
        var count = 0
        var number = 0
        while let line = try input.nextLine() {
            number += 1
            guard line.contains(where: { $0 > 0x20 }) else { continue }
            guard let event = line.withUnsafeBytes({ try? RecordedEvent(line: $0) }) else {
                throw BadInput(line: number, published: count)
            }
            try await send(event.topic, event.payload, on: client, refusals)
            count += 1
        }
        return count
    }

    private func send(
        _ topic: String,
        _ payload: [UInt8],
        on client: MQTTClient,
        _ refusals: Refusals
    ) async throws {
        try await client.send(topic: topic, payload: ByteBuffer(bytes: payload)) { result in
            if case .failure(let error) = result { refusals.note(error) }
        }
    }

    private struct BadInput: Error, CustomStringConvertible {
        var line: Int
        var published: Int
        var description: String {
            "line \(line) is no event with topic and payload or payload_b64; the \(published) before it were published"
        }
    }
}
