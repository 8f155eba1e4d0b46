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

    @Test func `an empty variable counts as not set`() throws {
        let config = try ConfigReader(checking: ["SLUICE_MTU": "", "SLUICE_HUB": ""])
        #expect(try config.value(Settings.mtu) == 1200)
        #expect(try config.valueIfSet(Settings.hub) == nil)
    }
}
