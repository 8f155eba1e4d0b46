// SPDX-License-Identifier: Apache-2.0

import Events
import Glibc
import Storage
import TestSupport

/// One store through many power cuts, each at some change of a random life.
struct PowerChain {
    let disk: PowerDisk
    private let seed: UInt64
    private var generator: SeededGenerator
    private var ledger = PowerLedger()
    private var serial: UInt64 = 0
    private(set) var report = PowerReport()

    /// - Parameter damages: whether cuts sometimes destroy the database, too.
    private let damages: Bool
    /// Whether changes fail now and then, as on a dying disk.
    private let faults: Bool

    init(
        seed: UInt64,
        damages: Bool = true,
        faults: Bool = false,
        pragmas: [String: String] = [:],
        syncsFiles: Bool = true
    ) {
        self.seed = seed
        self.damages = damages
        self.faults = faults
        generator = SeededGenerator(seed: seed)
        disk = PowerDisk(seed: ~seed, pragmas: pragmas, syncsFiles: syncsFiles)
        ledger.mayShed = seed % 4 == 3
    }

    /// Lives from cut to cut.
    mutating func run(cuts: Int) async {
        for _ in 0..<cuts {
            await live(cutAt: nextCut())
            report.cuts += 1
            report.places[disk.place, default: 0] += 1
            restart()
        }
        await live(cutAt: nil)
        disk.remove()
    }

    /// One in four while the store starts, which takes some thirty changes, the others in its life.
    private mutating func nextCut() -> Int {
        let isStart = Int.random(in: 0..<4, using: &generator) == 0
        return .random(in: isStart ? 1...40 : 30...(1 << Int.random(in: 6...10, using: &generator)), using: &generator)
    }

    // MARK: One life

    private mutating func live(cutAt change: Int?) async {
        disk.cut(at: change, sparingLog: Bool.random(using: &generator))
        let store: AgentStore
        do {
            store = try open()
        } catch {
            if !disk.isDead { report.failedStarts.append("seed \(seed), cut \(report.cuts): \(error)") }
            return
        }
        if !disk.isDead { report.starts += 1 }
        let (compared, losses) = await ledger.compare(store)
        report.compared += compared
        for loss in losses { note(loss) }
        if !ledger.mayShed { acknowledgeAgain(in: store) }
        let packer = try? store.makePacker(limit: 1_160, executor: StoreExecutor(label: "power.packer"))
        var left = Int.random(in: 1...60, using: &generator)
        while left > 0, !disk.isDead {
            if faults { fail() }
            if left % 8 == 0 { report.packed += await packer?.step().events ?? 0 }
            await act(on: store)
            left -= 1
        }
        await packer?.close()
        await store.close()
    }

    private mutating func note(_ loss: String) {
        report.losses.append("seed \(seed), cut \(report.cuts): \(loss)")
    }

    private func open() throws -> AgentStore {
        var configuration = StoreConfiguration(directory: disk.directory)
        configuration.maximumBytes = 4 << 20
        configuration.refusalPause = .zero
        configuration.pauseFactor = 0.01
        configuration.vfs = disk.vfs
        configuration.calls = SystemCalls(disk)
        return try AgentStore.open(configuration, randomID: AgentStore.freshID, logger: AgentStore.quiet)
    }

    private mutating func act(on store: AgentStore) async {
        switch Int.random(in: 0..<20, using: &generator) {
        case 0..<11: await append(to: store)
        case 11..<15: acknowledge(in: store)
        case 15: giveUp(in: store)
        case 16: _ = await store.read(store.lane(), from: 1, maximumBytes: 4096)
        case 17: note(in: store)
        default:
            // The work in the background has its turn; how far it comes is not the seed's to say.
            try? await Task.sleep(for: .milliseconds(Int.random(in: 1...4, using: &generator)))
        }
        if !ledger.mayShed { drain(store) }
    }

    /// Lets one of the next changes fail, or some in a row.
    private mutating func fail() {
        guard Int.random(in: 0..<4, using: &generator) == 0 else { return }
        let first = Int.random(in: 1...12, using: &generator)
        let code = [EIO, ENOSPC, EDQUOT, EROFS].randomElement(using: &generator) ?? EIO
        disk.fail(first...first + .random(in: 0...3, using: &generator), with: code)
    }

    private mutating func append(to store: AgentStore) async {
        var calls: [Call] = []
        for _ in 0..<Int.random(in: 1...3, using: &generator) { calls.append(call(for: store)) }
        let answers: [Result<Void, StoreError>] = await withCheckedContinuation { continuation in
            let answers = Answers<Void>(count: calls.count) { continuation.resume(returning: $0) }
            for call in calls {
                store.append(call.block, changes: call.changes) { answers.add($0) }
                // While the commit is under way.
                if !call.noted.isEmpty { store.note(call.noted) }
            }
        }
        for (call, answer) in zip(calls, answers) { take(answer, call) }
    }

    private struct Call {
        var block: EventBlock
        var events: [(lane: Lane, event: PowerLedger.Event)]
        var changes: [StateChange]
        var order: Int
        /// Noted right after it.
        var noted: [StateChange]
    }

    private mutating func call(for store: AgentStore) -> Call {
        // Somebody may wait for records alone.
        let isEmpty = Int.random(in: 0..<6, using: &generator) == 0
        let (block, events) = isEmpty ? (EventBlock(), []) : block(for: store)
        let changes = isEmpty || Bool.random(using: &generator) ? changes() : []
        let order = ledger.records.ask(changes)
        let noted = Int.random(in: 0..<4, using: &generator) == 0 ? self.changes() : []
        _ = ledger.records.ask(noted)
        return Call(block: block, events: events, changes: changes, order: order, noted: noted)
    }

    /// A record and its twin are written or removed.
    private mutating func changes() -> [StateChange] {
        let number = UInt64.random(in: 1...20, using: &generator)
        let numbers = [number, number + PowerRecords.twin]
        guard Int.random(in: 0..<4, using: &generator) > 0 else { return numbers.map { .remove($0) } }
        serial += 1
        let body = PowerLedger.Event(serial: serial, length: .random(in: 8...900, using: &generator)).payload
        return numbers.map { .put(StateRecord(number: $0, body: body)) }
    }

    private mutating func note(in store: AgentStore) {
        let changes = changes()
        _ = ledger.records.ask(changes)
        store.note(changes)
    }

    private mutating func take(_ answer: Result<Void, StoreError>, _ call: Call) {
        switch answer {
        case .success:
            ledger.records.acknowledge(call.order)
            for (lane, event) in call.events { ledger.lanes[lane, default: .init()].acknowledge(event) }
        case .failure(let error):
            if !disk.isDead, disk.failures == 0 { note("refused: \(error)") }
            // What the cut came into may have been written in whole.
            ledger.records.refuse(call.order)
            for (lane, event) in call.events { ledger.lanes[lane, default: .init()].refused.append(event) }
        }
    }

    private mutating func block(
        for store: AgentStore
    ) -> (
        block: EventBlock, events: [(lane: Lane, event: PowerLedger.Event)]
    ) {
        var block = EventBlock()
        var events: [(lane: Lane, event: PowerLedger.Event)] = []
        let isLarge = Int.random(in: 0..<3, using: &generator) == 0
        for _ in 0..<Int.random(in: 1...12, using: &generator) {
            serial += 1
            let length = Int.random(in: isLarge ? 2000...9000 : 0...300, using: &generator)
            let event = PowerLedger.Event(serial: serial, length: length)
            let eventClass = EventClass.allCases.randomElement(using: &generator) ?? .normal
            block.append(
                timestamp: event.timestamp,
                eventClass: eventClass,
                topic: event.topic,
                payload: event.payload
            )
            events.append((store.lane(eventClass), event))
        }
        return (block, events)
    }

    // MARK: What hubs do

    private mutating func acknowledge(in store: AgentStore) {
        guard let (lane, count) = randomLane() else { return }
        let first = UInt64.random(in: 1...count, using: &generator)
        var landed = SequenceSet()
        landed.insert(Bool.random(using: &generator) ? 1...count : first...min(count, first + 40))
        for range in landed.ranges { ledger.lanes[lane]?.landed.insert(range) }
        store.acknowledge(lane, landed, hub: .random(in: 1...2, using: &generator))
    }

    /// As a hub does when the link stands again: what the cut took of its acknowledgements would fill the budget.
    private func acknowledgeAgain(in store: AgentStore) {
        for (lane, entry) in ledger.lanes where !entry.landed.ranges.isEmpty {
            store.acknowledge(lane, entry.landed, hub: 1)
        }
    }

    private mutating func giveUp(in store: AgentStore) {
        guard let (lane, count) = randomLane() else { return }
        let first = UInt64.random(in: 1...count, using: &generator)
        let gap = Gap(lane: lane, first: first, last: min(count, first + 5), reason: .rejected)
        ledger.lanes[lane]?.released.insert(gap.first...gap.last)
        store.giveUp(gap)
    }

    /// Keeps the backlog well within the budget, so that nothing may be shed.
    private mutating func drain(_ store: AgentStore) {
        while ledger.backlog > 1_500_000, let lane = ledger.heaviest {
            let count = UInt64(ledger.lanes[lane]?.acknowledged ?? 0)
            ledger.lanes[lane]?.landed.insert(1...count)
            store.acknowledge(lane, SequenceSet(cumulative: count), hub: 1)
        }
    }

    private mutating func randomLane() -> (Lane, UInt64)? {
        let known = ledger.lanes.filter { $0.value.acknowledged > 0 }.keys.sorted {
            ($0.epoch, $0.partition) < ($1.epoch, $1.partition)
        }
        guard let lane = known.randomElement(using: &generator), let entry = ledger.lanes[lane] else { return nil }
        return (lane, UInt64(entry.acknowledged))
    }

    // MARK: Between two lives

    private mutating func restart() {
        let kind = Int.random(in: 0..<40, using: &generator)
        guard damages, kind < 3 else { return disk.restart() }
        report.places["and damage \(kind)", default: 0] += 1
        ledger.releaseAll()
        var noise = generator
        disk.restart { files in
            guard let bytes = files["store.db"], !bytes.isEmpty else { return }
            switch kind {
            case 0: files["store.db"] = []
            case 1: files["store.db"] = (0..<bytes.count).map { _ in UInt8(truncatingIfNeeded: noise.next()) }
            default: files["store.db"] = nil
            }
        }
    }
}
