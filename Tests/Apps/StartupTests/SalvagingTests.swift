// SPDX-License-Identifier: Apache-2.0

import Logging
import Startup
import Storage
import Testing

/// Programs that start anew when what they have on disk was found damaged.
@Suite struct SalvagingTests {
    private let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private let damage = StoreError.damaged(path: "store.db", reason: "a page is not what it was")

    @Test func `damage is started anew from, a few times`() async throws {
        var starts = 0
        try await Launch.salvaging(logger: quiet) {
            starts += 1
            if starts < 4 { throw damage }
        }
        #expect(starts == 4)
    }

    @Test func `a disk that damages everything ends the program in the end`() async {
        var starts = 0
        await #expect(throws: damage) {
            try await Launch.salvaging(logger: quiet) {
                starts += 1
                throw damage
            }
        }
        #expect(starts == 9)
    }

    @Test func `nothing else is started anew from`() async {
        var starts = 0
        await #expect(throws: StoreError.diskFull(path: "store.db")) {
            try await Launch.salvaging(logger: quiet) {
                starts += 1
                throw StoreError.diskFull(path: "store.db")
            }
        }
        #expect(starts == 1)
    }
}
