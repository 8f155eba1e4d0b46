// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import Glibc
import Storage
import UplinkFrames

/// Reads lanes and makes batches of them, on a thread that neither devices nor the link wait for.
package actor BatchMaker {
    /// Topic, attributes and payload bytes that are read at a time, at most.
    private static let readBytes = 256 << 10
    /// So many of them are read for each encoded byte that is wanted: what compresses better than this is read again.
    private static let readRatio = 32
    /// Bytes of ready batches that are read at a time.
    private static let packedBytes = 48 << 10

    private let source: LaneSource
    nonisolated private let executor: any SerialExecutor
    private let limit: Int
    private let plain: Encoder
    /// With the primer that was asked for last.
    private var primed: Encoder?
    private var trainer: PrimerTrainer?
    private var primers: [Primer]
    private let makeWay: @Sendable () -> Void

    /// A batch encoder and the primer that it builds on.
    private final class Encoder {
        let primer: PrimerIdentifier?
        var encoder: BatchEncoder

        init(limit: Int, primer: Primer? = nil) {
            self.primer = primer?.identifier
            encoder = BatchEncoder(limit: limit, primer: primer)
        }
    }

    /// - Parameters:
    ///   - limit: bytes of a batch.
    ///   - primers: how large one is to be, and those that there are.
    ///   - executor: the thread to run on; best the store's reader's (decision 17), never the one that serves connections.
    ///   - makeWay: called after each batch: lets threads run that wait for a processor.
    package init(
        _ source: LaneSource,
        limit: Int,
        primers: PrimerCycle,
        executor: any SerialExecutor,
        makeWay: @escaping @Sendable () -> Void = BatchMaker.yieldProcessor
    ) {
        self.source = source
        self.limit = limit
        self.executor = executor
        self.primers = primers.primers
        self.makeWay = makeWay
        plain = Encoder(limit: limit)
        trainer = primers.settings.bytes > 0 ? PrimerTrainer(limit: primers.settings.bytes) : nil
    }

    /// Gives the processor away if another thread waits for it.
    ///
    /// A thread that wakes up does not interrupt one of less weight before that has had its slice of some milliseconds
    /// (EEVDF, https://docs.kernel.org/scheduler/sched-eevdf.html): each PUBACK takes three such wake-ups.
    package static func yieldProcessor() {
        sched_yield()
    }

    nonisolated package var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// Answers requests one after the other until there are no more of them.
    func serve(_ requests: AsyncStream<BatchRequest>, answer: @Sendable (BatchAnswer) -> Void) async {
        for await request in requests { answer(await make(request)) }
    }

    /// Reads what the request asks for and encodes it; makes a primer if that is asked for.
    package func make(_ request: BatchRequest) async -> BatchAnswer {
        var answer = await batches(request)
        if request.trains, let trainer, let primer = await Self.primer(of: trainer) {
            primers = (primers + [primer]).suffix(PrimerCycle.maximumCount)
            source.keep(primers)
            answer.primer = primer
        }
        answer.samples = trainer?.supply ?? .scarce
        return answer
    }

    /// Takes as long as thousands of batches, so not on the thread that alarms are encoded on; seldom.
    private nonisolated static func primer(of trainer: PrimerTrainer) async -> Primer? {
        trainer.makePrimer()
    }

    private func batches(_ request: BatchRequest) async -> BatchAnswer {
        switch await packs(request) {
        case .batches(let batches): return copy(batches, request)
        case .events(let block): return await encode(block, request)
        case nil: break
        }
        switch await source.read(request.lane, request.from, Self.bytes(for: request)) {
        case .events(let block):
            guard !block.isEmpty else { return BatchAnswer(request, .end) }
            return await encode(block, request)
        case .gap(let gap):
            guard gap.last >= request.from else { return BatchAnswer(request, .end) }
            // What lies behind the end of a stream is another's.
            let end = request.isHistorical ? request.through ?? gap.last : gap.last
            let last = min(gap.last, end)
            let notice = GapNotice(first: gap.first, last: last, reason: gap.reason, endKnown: gap.endKnown)
            return BatchAnswer(request, .parcels([Parcel(range: gap.first...last, content: .gap(notice))]))
        case .end: return BatchAnswer(request, .end)
        case .failed(let error): return BatchAnswer(request, .failed(error))
        }
    }

    /// How many bytes to read for it.
    private static func bytes(for request: BatchRequest) -> Int {
        min(request.mostBytes, readBytes / readRatio) * readRatio
    }

    /// What lies packed already, as far as the hub can open it.
    private func packs(_ request: BatchRequest) async -> PackSlice? {
        guard case .batches = request.purpose else { return nil }
        let through = request.through ?? .max
        guard request.from <= through else { return nil }
        let terms = PackTerms(
            limit: limit,
            primers: request.held,
            plain: request.takesPlainPacks,
            maximumBytes: min(Self.packedBytes, request.mostBytes)
        )
        return await source.packs(request.lane, request.from...through, terms)
    }

    private func copy(_ batches: [PackedBatch], _ request: BatchRequest) -> BatchAnswer {
        var answer = BatchAnswer(request, .end)
        for batch in batches {
            answer.encodedBytes += batch.bytes.count
            answer.encodedEvents += Int(batch.range.upperBound - batch.range.lowerBound) + 1
        }
        answer.outcome = .parcels(
            batches.map { Parcel(range: $0.range, content: .batch($0.bytes), primer: $0.primer) }
        )
        return answer
    }

    private func encode(_ block: EventBlock, _ request: BatchRequest) async -> BatchAnswer {
        let block = request.through.map { block.upTo($0) } ?? block
        switch request.purpose {
        case .gap: return BatchAnswer(request, .parcels([]))
        case .alone: return alone(block, request)
        case .batches(let flush): return await batches(block, request, flush: flush)
        }
    }

    private func alone(_ block: EventBlock, _ request: BatchRequest) -> BatchAnswer {
        var parcels: [Parcel] = []
        for index in block.records.indices {
            var bytes: [UInt8] = []
            guard plain.encoder.encode(block.only(index), from: 0, into: &bytes) == 1 else { break }
            let sequence = block.records[index].sequence
            parcels.append(Parcel(range: sequence...sequence, content: .batch(bytes), isAlone: true))
        }
        return BatchAnswer(request, .parcels(parcels))
    }

    private func batches(_ block: EventBlock, _ request: BatchRequest, flush: Bool) async -> BatchAnswer {
        let maker = encoder(with: request.primer)
        var parcels: [Parcel] = []
        var answer = BatchAnswer(request, .end)
        var start = 0
        while start < block.count, answer.encodedBytes < request.mostBytes {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(limit)
            let count = maker.encoder.encode(block, from: start, into: &bytes)
            guard count > 0 else { break }
            answer.encodedBytes += bytes.count
            answer.encodedEvents += count
            let range = block.records[start].sequence...block.records[start + count - 1].sequence
            let encoded = start..<start + count
            start += count
            // A last batch that is not full waits for company; one that was cut off by the size of the read is read
            // again with what follows it.
            let isFull = bytes.count >= limit - limit / 8
            let isEnd = range.upperBound >= request.last
            let wasCutOff = !isEnd && !parcels.isEmpty && block.byteCount >= Self.bytes(for: request) / 2
            if start == block.count, !isFull, wasCutOff || (isEnd && !flush) { break }
            parcels.append(Parcel(range: range, content: .batch(bytes), primer: maker.primer))
            trainer?.observe(block, encoded)
            makeWay()
            // An urgent request that came meanwhile is answered before the next batch of a backlog.
            if !request.isUrgent, start < block.count { await Task.yield() }
        }
        answer.outcome = .parcels(parcels)
        return answer
    }
}

extension BatchMaker {
    /// An encoder that builds on a primer; a plain one where there is no such primer.
    private func encoder(with identifier: PrimerIdentifier?) -> Encoder {
        guard let identifier else { return plain }
        if let primed, primed.primer == identifier { return primed }
        guard let primer = primers.first(where: { $0.identifier == identifier }) else { return plain }
        let encoder = Encoder(limit: limit, primer: primer)
        primed = encoder
        return encoder
    }
}

extension EventBlock {
    /// The events up to and with a sequence.
    func upTo(_ sequence: UInt64) -> EventBlock {
        guard let last = records.last, last.sequence > sequence else { return self }
        var result = EventBlock()
        for record in records where record.sequence <= sequence { result.append(record, of: self) }
        return result
    }

    /// One event.
    func only(_ index: Int) -> EventBlock {
        var result = EventBlock()
        result.append(records[index], of: self)
        return result
    }
}
