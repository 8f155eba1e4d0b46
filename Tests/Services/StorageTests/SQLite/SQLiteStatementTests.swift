// SPDX-License-Identifier: Apache-2.0

import Storage
import Testing

@Suite struct SQLiteStatementTests {
    @Test func `an empty value is not NULL, wherever its nothing lies`() throws {
        let connection = try SQLiteConnection(path: ":memory:")
        let statement = try connection.prepare("SELECT typeof(?1), typeof(?2), typeof(?3), length(?1)")
        statement.bindStatic(UnsafeRawBufferPointer(start: nil, count: 0), at: 1)
        let empty: [UInt8] = []
        statement.bind(empty.span.bytes, at: 2)
        statement.bind("", at: 3)
        #expect(try statement.step())
        #expect((0..<3).map { statement.text($0) } == ["blob", "blob", "text"])
        #expect(statement.integer(3) == 0)
    }
}
