// SPDX-License-Identifier: Apache-2.0

import Events
import Storage
import TestSupport

/// One hub's log through many power cuts, each at some change of a random life.
struct HubPowerChain {
    let disk: PowerDisk
    private let seed: UInt64
    private var generator: SeededGenerator
    private var ledger = HubPowerLedger()
    private var hubID: UInt64?
    /// Lanes get new epochs when a damaged log was put aside: agents would be told of the loss then.
    private var epoch: UInt64 = 1
    private(set) var report = PowerReport()
    private let damages: Bool

    /// - Parameter damages: whether cuts sometimes destroy the database, too.
    init(seed: UInt64, damages: Bool = true, pragmas: [String: String] = [:]) {
        self.seed = seed
        self.damages = damages
        generator = SeededGenerator(seed: seed)
        // So that lives as short as these see checkpoints, too.
        let own = ["wal_autocheckpoint": "40"].merging(pragmas) { $1 }
        disk = PowerDisk(seed: ~seed, pragmas: own)
    }

    /// Lives from cut to cut.
    mutating func run(cuts: Int) async {
        for _ in 0..<cuts {
            let isStart = Int.random(in: 0..<4, using: &generator) == 0
            let scale = 1 << Int.random(in: 6...9, using: &generator)
            await live(cutAt: .random(in: isStart ? 1...40 : 20...scale, using: &generator))
            report.cuts += 1
            report.places[disk.place, default: 0] += 1
            restart()
        }
        await live(cutAt: nil)
        disk.remove()
    }

    // MARK: One life

    private mutating func live(cutAt change: Int?) async {
        disk.cut(at: change, sparingLog: Bool.random(using: &generator))
        let log: HubLog
        do {
            log = try open()
        } catch {
            if !disk.isDead { report.failedStarts.append("seed \(seed), cut \(report.cuts): \(error)") }
            return
        }
        if !disk.isDead { report.starts += 1 }
        if let hubID, hubID != log.hubID { note("the hub's id has changed") }
        hubID = log.hubID
        let (compared, losses) = await ledger.compare(log)
        report.compared += compared
        for loss in losses { note(loss) }
        if let cursor = try? await log.cursor("mqtt"), cursor > log.head { note("the cursor is beyond the log") }
        var left = Int.random(in: 1...40, using: &generator)
        while left > 0, !disk.isDead {
            await act(on: log)
            left -= 1
        }
        await log.close()
    }

    private mutating func note(_ loss: String) {
        report.losses.append("seed \(seed), cut \(report.cuts): \(loss)")
    }

    private mutating func open() throws -> HubLog {
        var configuration = HubLogConfiguration(directory: disk.directory)
        configuration.vfs = disk.vfs
        configuration.calls = SystemCalls(disk)
        return try HubLog.open(
            configuration,
            randomID: { generator.next() },
            logger: HubLogFixture.quiet,
            opening: HubLogFixture.opening
        )
    }

    private mutating func act(on log: HubLog) async {
        switch Int.random(in: 0..<12, using: &generator) {
        case 0..<9: await land(in: log)
        case 9: await recordGap(in: log)
        case 10: log.setCursor("mqtt", .random(in: 0...max(0, log.head), using: &generator))
        default: _ = try? await log.read(after: 0, maximumBytes: 4096)
        }
    }

    private mutating func randomKey() -> HubPowerLedger.Key {
        let partition = UInt32.random(in: 0..<3, using: &generator)
        let node = Bool.random(using: &generator) ? "pump" : "press"
        return HubPowerLedger.Key(node: node, lane: Lane(epoch: epoch, partition: Partition(number: partition)))
    }

    /// Sends several batches at once, some of what has landed before.
    private mutating func land(in log: HubLog) async {
        var calls: [(key: HubPowerLedger.Key, range: ClosedRange<UInt64>)] = []
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let key = randomKey()
            let entry = ledger.lanes[key, default: .init()]
            let first = entry.acknowledged.cumulative + 1
            let back = min(first - 1, .random(in: 0...20, using: &generator))
            let start = Bool.random(using: &generator) ? first : first - back
            let range = start...start + .random(in: 0...120, using: &generator)
            ledger.lanes[key, default: .init()].highest = max(entry.highest, range.upperBound)
            calls.append((key, range))
        }
        let answers: [Result<Landed, StoreError>] = await withCheckedContinuation { continuation in
            let answers = Answers<Landed>(count: calls.count) { continuation.resume(returning: $0) }
            for (key, range) in calls {
                let block = EventBlock.sample(range, salt: UInt64(key.lane.partition.number))
                let batch = PlainBatch.encode(block)
                log.land(node: key.node, lane: key.lane, batch: batch, block: block) { answers.add($0) }
            }
        }
        for (call, answer) in zip(calls, answers) { take(answer, call.key) }
    }

    private mutating func recordGap(in log: HubLog) async {
        let key = randomKey()
        let first = ledger.lanes[key, default: .init()].acknowledged.cumulative + 1
        let gap = Gap(lane: key.lane, first: first, last: first + 3, reason: .bufferFull)
        ledger.lanes[key, default: .init()].gaps.insert(gap.first...gap.last)
        let highest = ledger.lanes[key, default: .init()].highest
        ledger.lanes[key, default: .init()].highest = max(highest, gap.last)
        let answer: Result<Landed, StoreError> = await withCheckedContinuation { continuation in
            log.record(node: key.node, gap: gap) { continuation.resume(returning: $0) }
        }
        take(answer, key)
    }

    private mutating func take(_ answer: Result<Landed, StoreError>, _ key: HubPowerLedger.Key) {
        switch answer {
        case .success(let landed):
            for range in landed.sequences.ranges { ledger.lanes[key]?.acknowledged.insert(range) }
        case .failure(let error): if !disk.isDead { note("refused: \(error)") }
        }
    }

    // MARK: Between two lives

    private mutating func restart() {
        let kind = Int.random(in: 0..<60, using: &generator)
        guard damages, kind < 5 else { return disk.restart() }
        report.places["and damage \(kind)", default: 0] += 1
        if kind < 3 {
            ledger.forget()
            epoch += 1
        }
        var noise = generator
        disk.restart { files in
            guard let bytes = files["hub.db"], !bytes.isEmpty else { return }
            switch kind {
            case 0: files["hub.db"] = []
            case 1: files["hub.db"] = (0..<bytes.count).map { _ in UInt8(truncatingIfNeeded: noise.next()) }
            case 2: files["hub.db"] = nil
            default:
                // All else is intact, so salvage has to find it, whatever comes in between.
                for place in 0..<100 { files["hub.db"]?[place] = 0 }
            }
        }
    }
}
