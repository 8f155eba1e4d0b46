// SPDX-License-Identifier: Apache-2.0

import Configuration
import FoundationEssentials
import Settings
import Startup
import Testing

@Suite struct ConfigurationListingTests {
    @Test func `the README has the table of the code`() throws {
        let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        let readme = try String(contentsOfFile: "/\(root)/README.md", encoding: .utf8)
        let begin = try #require(readme.firstRange(of: "<!-- configuration:begin -->\n"))
        let end = try #require(readme.firstRange(of: "<!-- configuration:end -->"))
        #expect(
            readme[begin.upperBound..<end.lowerBound] == ConfigurationListing.markdown + "\n",
            "run: sluice config --markdown"
        )
    }

    @Test func `every row says where its value came from`() throws {
        let config = try ConfigReader(checking: ["SLUICE_MTU": "900", "STATE_DIRECTORY": "/var/lib/a:/var/lib/b"])
        let rows = ConfigurationListing(config).rows
        let mtu = try #require(rows.first { $0.name == "SLUICE_MTU" })
        #expect(mtu.value == "900" && mtu.source == "environment" && mtu.fallback == "1200")
        let state = try #require(rows.first { $0.name == "SLUICE_STATE_DIR" })
        #expect(state.value == "/var/lib/a" && state.source == "environment")
        let hub = try #require(rows.first { $0.name == "SLUICE_HUB" })
        #expect(hub.value == nil && hub.source == "default")
        #expect(rows.count == Settings.variables.count)
    }

    @Test func `a password is not shown`() throws {
        let listing = ConfigurationListing(try ConfigReader(checking: ["SLUICE_PROXY": "http://me:secret@proxy:3128"]))
        #expect(listing.rows.first { $0.name == "SLUICE_PROXY" }?.value == "http://***@proxy:3128")
        #expect(!listing.table.contains("secret") && !listing.json.contains("secret"))
    }

    @Test func `a program lists its own variables and those of both`() throws {
        let rows = ConfigurationListing(try ConfigReader(checking: [:]), program: .hub).rows
        #expect(Set(rows.map(\.program)) == ["sluice-hub", "both"])
    }

    @Test(arguments: [Variable.Program.agent, .hub])
    func `the file of a package has every variable of its program, none of them set`(program: Variable.Program) throws {
        let file = ConfigurationListing.environmentFile(of: program)
        let lines = file.split(separator: "\n")
        #expect(lines.allSatisfy { $0.hasPrefix("#") })
        let assignments = lines.filter { $0.hasPrefix("#SLUICE_") }.map { $0.dropFirst() }
        let variables = Settings.variables.filter { $0.program.includes(program) }
        #expect(assignments.map { String($0.prefix { $0 != "=" }) } == variables.map(\.name))
        // With every # removed, as systemd reads it, what holds is what held.
        var environment: [String: String] = [:]
        for line in assignments {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            environment[String(parts[0])] = parts[1].filter { $0 != "\"" }
        }
        let all = ConfigurationListing(try ConfigReader(checking: environment), program: program)
        let none = ConfigurationListing(try ConfigReader(checking: [:]), program: program)
        #expect(all.rows.map(\.value) == none.rows.map(\.value))
        for row in none.rows {
            #expect(file.contains("# \(row.meaning)\n# allowed: "), "\(row.name)")
        }
        for variable in variables {
            if case .variable(_, let text) = variable.fallback {
                #expect(file.contains("# default: \(text)\n"))
            } else {
                #expect(file.contains("# default: \(variable.fallback.description)\n"))
            }
        }
    }

    @Test func `the newest heading of the changelog is the version of the programs`() throws {
        let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        let changelog = try String(contentsOfFile: "/\(root)/CHANGELOG.md", encoding: .utf8)
        let heading = try #require(changelog.split(separator: "\n").first { $0.hasPrefix("## ") })
        #expect(heading.dropFirst(3).prefix { $0 != " " } == ProgramVersion.text)
    }

    @Test func `an empty variable counts as not set`() throws {
        let config = try ConfigReader(checking: ["SLUICE_MTU": "", "SLUICE_HUB": ""])
        #expect(try config.value(Settings.mtu) == 1200)
        #expect(try config.valueIfSet(Settings.hub) == nil)
    }
}
