// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Events
import Hub
import Notary
import Provenance
import Settings
import Startup
import Storage

struct ProveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove",
        abstract: "Writes the proof that an event is in the hub's log.",
        discussion: """
            sluice-hub prove gw-1/0123456789abcdef/1/42 > 42.tlog-proof
            sluice-hub keys > hub.keys
            sluice verify --keys hub.keys 42.tlog-proof

            The identity is node, epoch, partition and seq as `sluice-hub export` shows them. The proof holds the event and \
            all that is needed to check it but the keys; https://c2sp.org/tlog-proof is its form. It reads the files in \
            SLUICE_HUB_STATE_DIR, whether or not the hub runs, and waits up to 3 seconds for an event that has landed just \
            now to be signed. A proof also is a witness: `sluice-hub audit` shows whether the log still begins with what was \
            signed then.

            \(ProgramExit.help)
            """
    )

    private static let attempts = 15
    private static let pause = Duration.milliseconds(200)

    @Argument(help: "NODE/EPOCH/PARTITION/SEQ.")
    var event: String

    func validate() throws {
        guard EventIdentity(text: event) != nil else {
            throw ValidationError("\(event) is no NODE/EPOCH/PARTITION/SEQ with an epoch of 16 hexadecimal digits")
        }
    }

    func run() async {
        await withClearErrors {
            let directory = try ProcessEnvironment.reader().value(Settings.hubStateDirectory)
            guard let identity = EventIdentity(text: event) else { return }
            try StandardOutput.write(Array(try await proof(of: identity, in: directory).text.utf8))
        }
    }

    private func proof(of identity: EventIdentity, in directory: String) async throws -> Proof {
        var attempt = 1
        while true {
            do {
                let log = try HubLog.openReader(directory: directory)
                return try NotaryReader(directory: directory, log: log).proof(of: identity)
            } catch NotaryFault.notSigned where attempt < Self.attempts {
                attempt += 1
                try await Task.sleep(for: Self.pause)
            }
        }
    }
}
