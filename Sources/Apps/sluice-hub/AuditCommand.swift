// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Hub
import Keys
import Notary
import Provenance
import Settings
import Startup
import Storage

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Compares the log with what was signed of it: finds missing, changed, reordered and forked history.",
        discussion: """
            Reads every event that is in the log of SLUICE_HUB_STATE_DIR, whether or not the hub runs, and names those that \
            are not as they were signed, as NODE/EPOCH/PARTITION/SEQ.

            Whoever owns the hub could write and sign it all anew. That shows against what others have kept: name proofs \
            or checkpoints of this hub, and the log must begin with what they say.
              sluice-hub audit /media/notary/*.tlog-proof

            Exit code 1 too where the log is not as it was signed. \(ProgramExit.help)
            """
    )

    @Argument(help: "Proofs or checkpoints that others have kept.", completion: .file())
    var files: [String] = []

    func run() async {
        await withClearErrors {
            let directory = try ProcessEnvironment.reader().value(Settings.hubStateDirectory)
            let log = try HubLog.openReader(directory: directory)
            let keys = try ProofKeys(directory: directory, hubID: try log.hubID()).hub
            let reader = try NotaryReader(directory: directory, log: log)
            let report = AuditReport(try Audit(reader, keys: keys, witnessed: try files.map(witness)))
            try StandardOutput.write(Array(report.text.utf8))
            if !report.isClean { ProgramExit.now(ProgramExit.failure) }
        }
    }

    private func witness(_ path: String) throws -> SignedNote {
        guard let bytes = try KeyFile(path).read(isSecret: false) else { throw KeyFile(path).fault("is not there") }
        guard let note = Proof(bytes)?.note ?? SignedNote(bytes) else {
            throw KeyFile(path).fault("is neither a proof nor a checkpoint, or was changed: `sluice verify` says more")
        }
        return note
    }
}
