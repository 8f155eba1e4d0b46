// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging
import Startup
import Testing

@Suite struct LogTests {
    /// The lines that `body` wrote.
    private func written(
        _ style: LogOutput.Style,
        level: Logger.Level = .info,
        _ body: (Logger) -> Void
    ) throws -> [String] {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let output = LogOutput(descriptor: ends[1], style: style)
        body(Logger(label: "agent") { LineLogHandler(label: $0, output: output, level: level) })
        close(ends[1])
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = max(0, read(ends[0], &bytes, bytes.count))
        close(ends[0])
        return String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test func `a line has time, level, label, message and metadata in order`() throws {
        let lines = try written(.timed) { $0.info("hello", metadata: ["b": "two words", "a": "1"]) }
        let line = try #require(lines.first)
        #expect(line.hasSuffix(#"Z info agent: hello a=1 b="two words""#))
        #expect(line.count { $0 == ":" } == 3)
    }

    @Test func `journald gets a priority and no time`() throws {
        #expect(try written(.journal) { $0.error("broken") } == ["<3>agent: broken"])
        #expect(try written(.journal, level: .debug) { $0.debug("detail") } == ["<7>agent: detail"])
    }

    @Test func `lines below the level are not written`() throws {
        #expect(try written(.timed, level: .warning) { $0.info("hello") }.isEmpty)
    }

    @Test func `a message with newlines stays one line`() throws {
        #expect(try written(.journal) { $0.info("a\nb\r\nc") } == ["<6>agent: a b c"])
    }

    @Test func `repeats are held back`() throws {
        let lines = try written(.journal) { logger in
            for _ in 0..<100 { logger.info("again") }
            logger.info("other")
        }
        #expect(lines == ["<6>agent: again", "<6>agent: other"])
    }
}

@Suite struct RepeatLimiterTests {
    @Test func `the same line comes again after the interval, with the count`() {
        var limiter = RepeatLimiter(interval: .seconds(10))
        #expect(limiter.verdict(for: "x", now: .seconds(0)) == .write(repeats: 0))
        for second in 1...9 { #expect(limiter.verdict(for: "x", now: .seconds(second)) == .hold) }
        #expect(limiter.verdict(for: "y", now: .seconds(9)) == .write(repeats: 0))
        #expect(limiter.verdict(for: "x", now: .seconds(10)) == .write(repeats: 9))
        #expect(limiter.verdict(for: "x", now: .seconds(11)) == .hold)
    }

    @Test func `a line that stopped is told with its count`() {
        var limiter = RepeatLimiter(interval: .seconds(10))
        _ = limiter.verdict(for: "x", now: .seconds(0))
        _ = limiter.verdict(for: "x", now: .seconds(1))
        #expect(limiter.takeOverdue(now: .seconds(9)).isEmpty)
        #expect(limiter.takeOverdue(now: .seconds(10)).map(\.repeats) == [1])
        #expect(limiter.takeOverdue(now: .seconds(30)).isEmpty)
    }

    @Test func `it remembers no more lines than it may`() {
        var limiter = RepeatLimiter(interval: .seconds(10), capacity: 4)
        for number in 0..<100 { _ = limiter.verdict(for: "\(number)", now: .milliseconds(number)) }
        #expect(limiter.verdict(for: "99", now: .seconds(1)) == .hold)
        #expect(limiter.verdict(for: "0", now: .seconds(1)) == .write(repeats: 0))
    }
}
