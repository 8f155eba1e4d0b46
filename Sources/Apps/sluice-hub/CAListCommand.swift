// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Certification
import Enrolment
import Glibc
import Settings
import Startup

struct CAListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the certificates of nodes: serial number, node, last day, and what became of it.",
        discussion: ProgramExit.help
    )

    func run() async {
        await withClearErrors {
            let state = try ProcessEnvironment.reader().value(Settings.hubStateDirectory)
            let now = Int64(time(nil))
            for (record, revoked) in try Authority(state: state).issued() {
                let end = record.validity.upperBound
                let fate = revoked.map { "revoked \(CalendarTime.text($0))" } ?? (end < now ? "expired" : "valid")
                print("\(record.serial)  \(CalendarTime.text(end))  \(record.node)  \(fate)")
            }
        }
    }
}
