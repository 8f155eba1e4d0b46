// SPDX-License-Identifier: Apache-2.0

import Batching
import Events

/// What a first reading of damaged files finds, before a row of it is kept.
struct SalvageSurvey {
    struct LaneSurvey {
        var last: UInt64 = 0
        var firstTimestamp = Int64.max
    }

    /// More lanes than this are not of one store.
    private static let maximumLanes = 100_000
    private static let maximumEpochs = 10_000
    /// Primers that are held in memory, closed: more than a store has packs.
    private static let maximumPrimers = 4_096

    private(set) var lanes: [Lane: LaneSurvey] = [:]
    /// Epochs that rows of the database file name.
    private(set) var databaseEpochs: Set<UInt64> = []
    /// Epochs that rows of the WAL name.
    private(set) var walEpochs: Set<UInt64> = []
    /// Rows of the table of epochs, by id: nothing proves them but that events name the same random number.
    private(set) var epochs: [UInt64: EpochRecord] = [:]
    /// Bytes of the primers, by what batches call them.
    private(set) var primers: [PrimerIdentifier: [UInt8]] = [:]
    /// Of the table of primers, those with the highest numbers; no more is needed of them.
    private(set) var newestPrimers: [(number: UInt64, primer: Primer)] = []
    private(set) var packs: SalvagePacks
    /// Every pack has a copy of its primer, and opening one takes time: what was seen is only passed over.
    private var seenPrimers: Set<UInt64> = []

    init(_ scan: SalvageScan, packBytes: Int) {
        packs = SalvagePacks(packBytes: packBytes)
        scan.readDatabase { note($0, inWAL: false) }
        scan.readWAL { note($0, inWAL: true) }
    }

    private mutating func note(_ record: SalvageRecord, inWAL: Bool) -> Bool {
        switch record.shape {
        case .blob:
            guard let blob = SalvagedBlob(record) else { return false }
            if case .primer(let bytes) = blob { return keep(bytes) }
            if case .batch(let batch) = blob { packs.note(batch) }
            note(blob, inWAL: inWAL)
            return true
        case .epoch: return noteEpoch(record, inWAL: inWAL)
        case .primer: return notePrimer(record)
        case .meta: return record.rowid == 1
        case .hubRow, .hubIdentity, .hubPrimer, .hubLane, .hubGap: return false
        }
    }

    private mutating func note(_ blob: SalvagedBlob, inWAL: Bool) {
        guard let key = blob.lane, let sequences = blob.sequences,
            lanes[key] != nil || lanes.count < Self.maximumLanes
        else { return }
        var lane = lanes[key] ?? LaneSurvey()
        lane.last = max(lane.last, sequences.upperBound)
        if case .event(let event) = blob { lane.firstTimestamp = min(lane.firstTimestamp, event.timestamp) }
        lanes[key] = lane
        if inWAL { walEpochs.insert(key.epoch) } else { databaseEpochs.insert(key.epoch) }
    }

    private mutating func noteEpoch(_ record: SalvageRecord, inWAL: Bool) -> Bool {
        let id = UInt64(bitPattern: record.integer(0))
        guard id != 0, (1...UInt64(UInt32.max)).contains(record.rowid), epochs.count < Self.maximumEpochs,
            let node = record.text(1), let fingerprint = String(validating: record.bytes(2), as: UTF8.self)
        else { return false }
        epochs[id] = EpochRecord(
            epoch: Epoch(id: id, ordinal: record.rowid),
            node: node,
            fingerprint: fingerprint
        )
        if inWAL { walEpochs.insert(id) } else { databaseEpochs.insert(id) }
        return true
    }

    private mutating func notePrimer(_ record: SalvageRecord) -> Bool {
        guard record.rowid > 0, record.rowid <= UInt64(Int64.max),
            let primer = try? Primer(bytes: Array(record.bytes(1))),
            primer.identifier.rawValue == UInt64(bitPattern: record.integer(0))
        else { return false }
        keep(primer)
        newestPrimers.removeAll { $0.number == record.rowid || $0.primer.identifier == primer.identifier }
        newestPrimers.append((record.rowid, primer))
        newestPrimers.sort { $0.number < $1.number }
        newestPrimers = newestPrimers.suffix(2)
        return true
    }

    private mutating func keep(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard seenPrimers.insert(XXHash64.hash(bytes, seed: 0)).inserted else { return true }
        guard let primer = try? Primer(bytes: Array(bytes)) else { return false }
        keep(primer)
        return true
    }

    private mutating func keep(_ primer: Primer) {
        if primers.count < Self.maximumPrimers { primers[primer.identifier] = primer.bytes }
    }
}
