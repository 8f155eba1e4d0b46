// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Certification
import Enrolment
import Startup

struct KeysRequestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "csr",
        abstract: "Prints a request for a certificate (PKCS#10), for `sluice-hub ca sign` or another authority.",
        discussion: """
            It is for the key in tls.key, which is made where there is none, and stays.

            \(ProgramExit.help)
            """
    )

    @Option(help: "The node's name, where SLUICE_NODE is not set.")
    var node: String?

    func run() async {
        await withClearErrors {
            let own = try NodeFiles()
            guard let node = try node ?? own.node() else {
                throw NodeFiles.Complaint(description: "which node? name it with --node, or set SLUICE_NODE")
            }
            guard NodeName.isAllowed(node) else {
                throw NodeFiles.Complaint(description: "\(node): no certificate has such a name: \(NodeName.allowed)")
            }
            let key = try own.files.pendingKey()
            let request = try CertificateRequest.make(node: node, key: key.publicKey, sign: key.sign)
            print(PEM.text(.request, request), terminator: "")
        }
    }
}
