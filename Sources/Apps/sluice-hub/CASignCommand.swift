// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Certification
import Enrolment
import Glibc
import Keys
import Settings
import Startup

struct CASignCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign",
        abstract: "Signs a node's request, and prints the certificate.",
        discussion: """
            For nodes that do not reach the hub's SLUICE_HUB_ENROL_LISTEN:
              sluice keys csr --node pump-7 > pump-7.csr        at the node
              sluice-hub ca sign pump-7.csr > pump-7.pem        at the hub
            The node then wants SLUICE_HUB_CERT_FILE, SLUICE_HUB_KEY_FILE (tls.key in its state directory) and \
            SLUICE_HUB_CA_FILE (ca/ca.pem of the hub).

            Look at who brings a request: whoever holds its key will be that node.

            \(ProgramExit.help)
            """
    )

    @Option(help: "How long the certificate holds.")
    var days = Authority.nodeDays

    @Argument(help: "The request in PEM; - for standard input.", completion: .file())
    var file: String

    func validate() throws {
        guard (1...3_650).contains(days) else { throw ValidationError("--days: 1 to 3650") }
    }

    func run() async {
        await withClearErrors {
            let state = try ProcessEnvironment.reader().value(Settings.hubStateDirectory)
            let input = KeyFile(file == "-" ? "/dev/stdin" : file)
            guard let bytes = try input.read(isSecret: false) else { throw input.fault("is not there") }
            let blocks = PEM.blocks(.request, in: String(decoding: bytes, as: UTF8.self))
            guard let blocks, blocks.count == 1 else { throw input.fault("\(CertificateRequest.Fault.malformed)") }
            let request = try CertificateRequest(blocks[0])
            print(try Authority(state: state).sign(request, days: days, now: Int64(time(nil))), terminator: "")
        }
    }
}
