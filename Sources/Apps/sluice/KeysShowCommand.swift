// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Certification
import Enrolment
import Glibc
import Keys
import Startup

struct KeysShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows whom this node's certificate is for and how long it holds; never a secret.",
        discussion: ProgramExit.help
    )

    func run() async {
        await withClearErrors {
            let files = try NodeFiles().files
            guard let own = try files.current() else {
                throw files.identity.fault("this node is not enrolled: `sluice keys enrol` does it")
            }
            let days = (own.certificate.validity.upperBound - Int64(time(nil))) / 86_400
            print("node       \(own.certificate.names.joined(separator: ", "))")
            print("key        \(own.certificate.key.pin)")
            print("serial     \(own.certificate.serial)")
            print("issuer     \(own.certificate.issuer)  \(try files.trusted()?.key.pin ?? "")")
            print("until      \(CalendarTime.text(own.certificate.validity.upperBound)), \(days) days from now")
        }
    }
}
