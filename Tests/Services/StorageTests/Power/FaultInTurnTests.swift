// SPDX-License-Identifier: Apache-2.0

import Events
import Glibc
import Storage
import TestSupport
import Testing

/// Each call that changes the disk fails in turn, once or from then on until it is healed: what was acknowledged is there
/// even after a power cut, what is refused is so for a reason, and it goes on by itself.
///
/// `FAULT_STEP=1` takes every call with every error, where the short form shares the calls out between errors.
@Suite(.timeLimit(.minutes(20))) struct FaultInTurnTests {
    struct Fault: CustomTestStringConvertible {
        var name: String
        var code: Int32
        var offset: Int
        var lasts: Bool

        var testDescription: String { "\(name)\(lasts ? " until healed" : " once")" }
    }

    static let faults = [("ENOSPC", ENOSPC), ("EIO", EIO), ("EDQUOT", EDQUOT), ("EROFS", EROFS)].enumerated()
        .flatMap { offset, fault in
            [false, true].map { Fault(name: fault.0, code: fault.1, offset: 2 * offset + ($0 ? 1 : 0), lasts: $0) }
        }

    private static let step = getenv("FAULT_STEP").flatMap { Int(String(cString: $0)) } ?? 40
    /// A connection hears of a sync that failed on another once, after the disk was healed.
    private static let afterwards = 2
    /// Failing appends after which the disk is healed.
    private static let patience = 5

    private func calls(_ count: Int, _ fault: Fault) -> StrideTo<Int> {
        stride(from: 1 + fault.offset % Self.step, to: count + 1, by: Self.step)
    }

    // MARK: The agent's store

    private func open(_ disk: PowerDisk) throws -> AgentStore {
        var configuration = StoreConfiguration(directory: disk.directory)
        configuration.maximumBytes = 4 << 20
        configuration.refusalPause = .zero
        configuration.pauseFactor = 0.01
        configuration.vfs = disk.vfs
        configuration.calls = SystemCalls(disk)
        return try AgentStore.open(configuration, randomID: AgentStore.freshID, logger: AgentStore.quiet)
    }

    private func text(_ number: Int) -> String { "\(number) " + String(repeating: "x", count: 9_000) }

    /// Changes of a life without faults.
    private func countAgent() async throws -> Int {
        let disk = PowerDisk(seed: 1)
        let store = try open(disk)
        for number in 0..<50 { try await store.append([text(number)]) }
        let count = disk.changes
        await store.close()
        disk.remove()
        return count
    }

    @Test(arguments: faults)
    func `the agent's store`(fault: Fault) async throws {
        for call in calls(try await countAgent(), fault) {
            let disk = PowerDisk(seed: UInt64(call))
            disk.fail(call...(fault.lasts ? call + 1_000_000 : call), with: fault.code)
            let store: AgentStore
            do {
                store = try open(disk)
            } catch {
                #expect("\(error)".contains(disk.directory), "call \(call): a start that fails says on what")
                disk.fail(nil)
                store = try open(disk)
            }
            var expected: [String] = []
            var refused = 0
            for number in 0..<50 {
                do {
                    try await store.append([text(number)])
                    expected.append(text(number))
                } catch {
                    refused += 1
                    #expect(store.statistics().trouble?.contains(disk.directory) == true, "call \(call)")
                    if refused == Self.patience { disk.fail(nil) }
                }
            }
            #expect(refused <= Self.patience + Self.afterwards, "call \(call): it goes on by itself")
            disk.fail(nil)
            for attempt in 0...Self.afterwards {
                do {
                    try await store.append(["after"])
                    break
                } catch {
                    #expect(attempt < Self.afterwards, "call \(call): \(error)")
                }
            }
            expected.append("after")
            #expect(store.statistics().trouble == nil, "call \(call)")
            let lane = store.lane()
            #expect(await store.contents(lane) == expected, "call \(call)")
            disk.cutNow()
            await store.close()
            disk.restart()
            let again = try open(disk)
            #expect(await again.contents(lane) == expected, "call \(call), after a power cut")
            await again.close()
            disk.remove()
        }
    }

    // MARK: The hub's log

    private func openLog(_ disk: PowerDisk) throws -> HubLog {
        var configuration = HubLogConfiguration(directory: disk.directory)
        configuration.vfs = disk.vfs
        configuration.calls = SystemCalls(disk)
        return try HubLog.open(
            configuration,
            randomID: AgentStore.freshID,
            logger: HubLogFixture.quiet,
            opening: HubLogFixture.opening
        )
    }

    private func disk(seed: Int) -> PowerDisk {
        PowerDisk(seed: UInt64(seed), pragmas: ["wal_autocheckpoint": "40"])
    }

    private func countHub() async throws -> Int {
        let disk = disk(seed: 1)
        let log = try openLog(disk)
        for group in 0..<30 { _ = try await log.land(UInt64(group) * 100 + 1...UInt64(group + 1) * 100) }
        let count = disk.changes
        await log.close()
        disk.remove()
        return count
    }

    @Test(arguments: faults)
    func `the hub's log`(fault: Fault) async throws {
        for call in calls(try await countHub(), fault) {
            let disk = disk(seed: call)
            disk.fail(call...(fault.lasts ? call + 1_000_000 : call), with: fault.code)
            let log: HubLog
            do {
                log = try openLog(disk)
            } catch {
                #expect("\(error)".contains(disk.directory), "call \(call): a start that fails says on what")
                disk.fail(nil)
                log = try openLog(disk)
            }
            var last: UInt64 = 0
            var refused = 0
            while last < 3_000, refused < 50 {
                do {
                    last = try await log.land(last + 1...last + 100).sequences.cumulative
                } catch {
                    refused += 1
                    #expect(log.statistics().trouble?.contains(disk.directory) == true, "call \(call)")
                    if refused == Self.patience { disk.fail(nil) }
                }
            }
            #expect(last == 3_000, "call \(call): it goes on by itself")
            #expect(log.statistics().trouble == nil, "call \(call)")
            disk.cutNow()
            await log.close()
            disk.restart()
            let again = try openLog(disk)
            #expect(try await again.all(chunk: 1 << 18).sequences(of: .sample()) == Array(1...last), "call \(call)")
            await again.close()
            disk.remove()
        }
    }
}
