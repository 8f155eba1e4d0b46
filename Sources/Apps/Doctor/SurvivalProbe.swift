// SPDX-License-Identifier: Apache-2.0

import Demo
import Glibc

/// Kills a process that writes events, opens its store again and compares: a few times, on one scratch store.
package struct SurvivalProbe: Sendable {
    /// The program that writes, and its arguments before directory and round.
    package var program: String
    package var arguments: [String]
    /// How often its writer is killed.
    package var kills = 3
    /// Acknowledged events after which it is killed, and how long they may take.
    package var events = 200
    package var patience: Duration = .seconds(10)

    package init(program: String, arguments: [String]) {
        self.program = program
        self.arguments = arguments
    }

    /// - Parameter directory: of the scratch store; made, and left to the caller to remove.
    package func run(in directory: String) async -> DoctorFacts.Survival {
        var acknowledged: [Int: Int] = [:]
        for round in 1...kills {
            do {
                let numbers = try await write(directory, round)
                guard !numbers.isEmpty else { return .untried("no event was acknowledged within \(patience)") }
                acknowledged[round] = numbers.count
                let found = try await ScratchStore.contents(directory)
                let lost = numbers.subtracting(found[round] ?? [])
                guard lost.isEmpty else {
                    return .lost("\(lost.count) of \(numbers.count) events are missing after kill \(round)")
                }
                for (earlier, count) in acknowledged where (found[earlier]?.count ?? 0) < count {
                    return .lost("events that survived kill \(earlier) are missing after kill \(round)")
                }
            } catch let fault as ScratchFault {
                return .lost(fault.description)
            } catch {
                return .untried("\(error)")
            }
        }
        return .survived(events: acknowledged.values.reduce(0, +), kills: kills)
    }

    /// Has a child write until enough is acknowledged, kills it, and says what was.
    private func write(_ directory: String, _ round: Int) async throws -> Set<Int> {
        let log = "\(directory).acknowledged"
        defer { unlink(log) }
        let child = try ChildProcess(program, arguments + [directory, "\(round)"], output: .file(log))
        let end = ContinuousClock.now + patience
        while child.isRunning, ContinuousClock.now < end, Self.numbers(in: log).count < events {
            try await Task.sleep(for: .milliseconds(2))
        }
        let ended = child.status
        try await child.kill()
        if let ended, ended != .code(0) { throw ScratchRefusal(words: child.errors.last ?? "\(ended)") }
        return Self.numbers(in: log)
    }

    /// The writer could not write at all.
    private struct ScratchRefusal: Error, CustomStringConvertible {
        var words: String
        var description: String { words }
    }

    private static func numbers(in path: String) -> Set<Int> {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        // The last line may have been cut off by the kill.
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
        return Set(lines.compactMap { Int(String(decoding: $0, as: UTF8.self)) })
    }
}
