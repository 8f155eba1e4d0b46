// SPDX-License-Identifier: Apache-2.0

import Agent
import Events
import Logging
import Storage
import Testing

/// What `sluice store export` and `inspect` print.
@Suite struct StoreExportTests: AgentTesting {
    /// A stopped store with two events, one of them binary.
    private func fill(_ directory: String) async throws {
        var configuration = StoreConfiguration(directory: directory)
        configuration.node = "gw"
        let store = try AgentStore.open(
            configuration,
            randomID: { 0xA1 },
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
        var block = EventBlock()
        block.append(timestamp: 1_700_000_000_000, eventClass: .normal, topic: "a/b", payload: Array("21.5".utf8))
        block.append(timestamp: 1_700_000_000_001, eventClass: .normal, topic: "a/b", payload: [0xFF])
        try await withCheckedContinuation { continuation in
            store.append(block) { continuation.resume(returning: $0) }
        }.get()
        await store.close()
    }

    private func lines(_ run: (inout StoreExport) throws -> Void) throws -> [String] {
        var bytes: [UInt8] = []
        var export = StoreExport { bytes += $0 }
        try run(&export)
        #expect(export.events == 2 && export.unreadable == 0)
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test func `rows have the columns of the hub's export, from a store and from its bare file`() async throws {
        try await withDirectory { directory in
            try await fill(directory)
            let head = "{\"node\":\"gw\",\"epoch\":\"00000000000000a1\",\"partition\":1,"
            let whole = try lines { try $0.run(StoreView(directory: directory)) }
            try #require(whole.count == 2)
            #expect(whole[0].hasPrefix(head + "\"seq\":1,\"topic\":\"a/b\",\"ts_ms\":"))
            #expect(whole[0].contains("\"ts_raw_ms\":1700000000000,\"ts_quality\":"))
            #expect(whole[0].hasSuffix(",\"payload\":\"21.5\"}") && whole[1].hasSuffix(",\"payload_b64\":\"/w==\"}"))
            let bare = try lines { try $0.run(DamagedStoreView(path: directory + "/store.db")) }
            #expect(
                bare.sorted().first?.hasPrefix(head + "\"seq\":1,\"topic\":\"a/b\",\"ts_ms\":1700000000000,") == true
            )
        }
    }

    @Test func `the facts name what waits, its age, and that no hub has any`() async throws {
        try await withDirectory { directory in
            try await fill(directory)
            let facts = try StoreView(directory: directory).facts()
            let table = facts.table(at: 1_700_000_000_000 + 3 * 3_600_000)
            #expect(table.contains("waiting   2 events"))
            #expect(table.contains("normal of epoch 00000000000000a1 (gw), partition 1: 2 events, numbers 1-2"))
            #expect(table.contains("the oldest taken 3 h ago"))
            #expect(table.contains("none has acknowledged anything"))
            #expect(facts.json.contains("\"events\":2,") && facts.json.contains("\"oldest_ms\":1700000000000"))
        }
    }
}
