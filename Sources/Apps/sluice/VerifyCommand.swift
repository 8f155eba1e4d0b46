// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Events
import Provenance
import Startup

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Checks the proof of an event, offline, with nothing but public keys.",
        discussion: """
            sluice-hub keys > hub.keys                          once, by a way that you trust
            sluice-hub prove gw-1/0123456789abcdef/1/42 > 42.tlog-proof
            sluice verify --keys hub.keys 42.tlog-proof

            Says in which log the event is, and prints the event as `sluice-hub export` does. Any byte of the proof that \
            was changed refutes it.

            Exit codes: 0 proven, 1 refuted (the message says why), 2 the proof or the keys cannot be read, \
            64 wrong command line.
            """
    )

    private static let refuted: Int32 = 1
    private static let unusable: Int32 = 2

    @Option(help: "The keys that are trusted, one a line, as `sluice-hub keys` prints them.", completion: .file())
    var keys: String

    @Argument(help: "The proof; - for standard input.", completion: .file())
    var file: String

    func run() async {
        let proof: [UInt8]
        let trusted: [VerifierKey]
        do {
            trusted = try KeyList(text: String(decoding: try read(keys), as: UTF8.self)).keys
            proof = try read(file)
        } catch let fault as KeyList.Fault {
            end(Self.unusable, "\(keys): \(fault)")
        } catch {
            end(Self.unusable, "\(error)")
        }
        if trusted.isEmpty { end(Self.unusable, "\(keys): there is no key in it") }
        do throws(Refutation) {
            show(try Proven(proof, keys: trusted))
        } catch {
            end(Self.refuted, "\(file) is refuted: \(error)")
        }
    }

    private func read(_ path: String) throws -> [UInt8] {
        let input = try path == "-" ? InputBytes.standard : InputBytes(path: path)
        return Array(try input.rest())
    }

    private func show(_ proven: Proven) {
        let identity = proven.event.identity
        print("proven: \(identity.text) is in log \(proven.checkpoint.origin), at \(proven.checkpoint.size) leaves")
        var block = EventBlock()
        block.append(
            sequence: identity.sequence,
            timestamp: proven.event.timestamp,
            eventClass: identity.lane.partition.eventClass,
            topic: proven.event.topic.span.bytes,
            attributes: proven.event.attributes.span.bytes,
            payload: proven.event.payload.span.bytes
        )
        var rows = EventRows(reserving: 1_024)
        rows.append(block, head: EventRows.head(node: identity.node, lane: identity.lane))
        print(String(decoding: rows.bytes, as: UTF8.self), terminator: "")
    }

    private func end(_ code: Int32, _ reason: String) -> Never {
        ProgramExit.complain("sluice: \(reason)")
        ProgramExit.now(code)
    }
}
