// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Broker
import Startup

struct PasswdCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "passwd",
        abstract: "Sets a user's password in a file for SLUICE_MQTT_PASSWORD_FILE.",
        discussion: """
            sluice passwd /etc/sluice/passwd pump-7                asks twice, without showing what is typed
            pwgen 24 1 | sluice passwd /etc/sluice/passwd pump-7   one line of standard input
            sluice passwd --delete /etc/sluice/passwd pump-7

            The file is made where there is none, for its owner only, and has to be readable for who runs the agent: \
            `sudo -u sluice sluice passwd /var/lib/sluice/passwd pump-7` makes it so. It holds a hash of crypt(5), \
            yescrypt, for each user. The agent looks at it again when it is told to: systemctl reload sluice, or SIGHUP.

            \(ProgramExit.help)
            """
    )

    @Flag(help: "Take the user out of the file.")
    var delete = false

    @Flag(help: "Read the password from standard input even where that is a terminal, and show it.")
    var stdin = false

    @Argument(help: "The file.", completion: .file())
    var file: String

    @Argument(help: "The user name.")
    var user: String

    func validate() throws {
        if let objection = PasswordFile.objection(to: user) { throw ValidationError(objection) }
        if delete, stdin { throw ValidationError("--delete and --stdin exclude each other") }
    }

    func run() async {
        await withClearErrors {
            try UserChange(file: file, user: user).apply(delete ? nil : password())
        }
    }

    private func password() throws -> [UInt8] {
        guard !stdin, let terminal = SecretTerminal() else {
            guard let line = try InputBytes.standard.nextLine() else { throw UserChange.Fault("no password was given") }
            return line
        }
        let first = try terminal.read("Password of \(user): ")
        guard try terminal.read("Once more: ") == first else { throw UserChange.Fault("these were two different ones") }
        return first
    }
}
