// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Enrolment
import Glibc
import Keys
import Settings
import Startup

struct CAInitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Makes the authority and the hub's certificate, and prints the lines that put them to use.",
        discussion: """
            sudo -u sluice-hub sluice-hub ca init --host hub.example | sudo tee -a /etc/default/sluice-hub
            sudo systemctl restart sluice-hub

            Nothing changes for a hub that runs before these lines are in its configuration. An authority that is there \
            stays as it is.

            \(ProgramExit.help)
            """
    )

    @Option(help: "A DNS name or address that agents have for this hub; may be given several times.")
    var host: [String]

    func run() async {
        await withClearErrors {
            let state = try ProcessEnvironment.reader().value(Settings.hubStateDirectory)
            let now = Int64(time(nil))
            let authority = try Authority.make(state: state, now: now)
            try authority.certifyHub(host, now: now)
            print(lines(authority.files))
        }
    }

    private func lines(_ files: AuthorityFiles) -> String {
        """
        \(Settings.hubListen.name)=0.0.0.0:\(HubAddress.defaultPort)
        \(Settings.hubTLSCertificateFile.name)=\(files.hub.path)
        \(Settings.hubTLSKeyFile.name)=\(files.hub.path)
        \(Settings.hubTLSClientAuthoritiesFile.name)=\(files.certificate.path)
        \(Settings.hubEnrolListen.name)=0.0.0.0:\(DoorAddress.defaultPort)
        """
    }
}
