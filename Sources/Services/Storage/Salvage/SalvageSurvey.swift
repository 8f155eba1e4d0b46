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
    /// Primers that are kept in memory; a hub keeps no more of a node.
    private static let maximumPrimers = 512

    private(set) var lanes: [Lane: LaneSurvey] = [:]
    /// Epochs that rows of the database file name.
    private(set) var databaseEpochs: Set<UInt64> = []
    /// Epochs that rows of the WAL name.
    private(set) var walEpochs: Set<UInt64> = []
    /// Rows of the table of epochs, by id: nothing proves them but that events name the same random number.
    private(set) var epochs: [UInt64: EpochRecord] = [:]
    private(set) var primers: [Primer] = []
    /// The same, by what batches call them.
    private(set) var packPrimers: [PrimerIdentifier: Primer] = [:]

    init(_ scan: SalvageScan) {
        scan.readDatabase { note($0, inWAL: false) }
        add(walOf: scan)
    }

    mutating func add(walOf scan: SalvageScan) {
        scan.readWAL { note($0, inWAL: true) }
    }

    private mutating func note(_ record: SalvageRecord, inWAL: Bool) -> Bool {
        switch record.shape {
        case .blob:
            guard let blob = SalvagedBlob(record) else { return false }
            if case .primer(let bytes) = blob { return keep(try? Primer(bytes: Array(bytes))) }
            note(blob, inWAL: inWAL)
            return true
        case .epoch: return noteEpoch(record)
        case .primer: return notePrimer(record)
        case .meta: return record.rowid == 1
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

    private mutating func noteEpoch(_ record: SalvageRecord) -> Bool {
        let id = UInt64(bitPattern: record.integer(0))
        guard id != 0, (1...UInt64(UInt32.max)).contains(record.rowid), epochs.count < Self.maximumEpochs,
            let node = record.text(1), let fingerprint = String(validating: record.bytes(2), as: UTF8.self)
        else { return false }
        epochs[id] = EpochRecord(
            epoch: Epoch(id: id, ordinal: record.rowid),
            node: node,
            fingerprint: fingerprint
        )
        return true
    }

    private mutating func notePrimer(_ record: SalvageRecord) -> Bool {
        guard let primer = try? Primer(bytes: Array(record.bytes(1))),
            primer.identifier.rawValue == UInt64(bitPattern: record.integer(0))
        else { return false }
        return keep(primer)
    }

    private mutating func keep(_ primer: Primer?) -> Bool {
        guard let primer else { return false }
        guard packPrimers[primer.identifier] == nil, packPrimers.count < Self.maximumPrimers else { return true }
        packPrimers[primer.identifier] = primer
        primers.append(primer)
        return true
    }
}
