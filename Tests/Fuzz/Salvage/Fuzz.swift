// SPDX-License-Identifier: Apache-2.0

import Events

@testable import Storage

/// Reads the bytes as a database, as a WAL, and as both at once; the first byte says where one ends.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: bytes, count: count))
    scan(database: input, wal: nil)
    scan(database: nil, wal: input)
    let middle = Int(input.first ?? 0) * count / 255
    scan(database: Array(input[..<middle]), wal: Array(input[middle...]))
    return 0
}

private func scan(database: [UInt8]?, wal: [UInt8]?) {
    let scan = SalvageScan(database: database.map(RawFile.init(bytes:)), wal: wal.map(RawFile.init(bytes:)))
    let survey = SalvageSurvey(scan, packBytes: 1 << 16)
    precondition(survey.lanes.values.allSatisfy { $0.last > 0 })
    for lane in survey.lanes.keys {
        let packs = survey.packs.plan(lane, primers: Set(survey.primers.keys))
        precondition(zip(packs, packs.dropFirst()).allSatisfy { $0.range.upperBound < $1.range.lowerBound })
    }
    let opener = SalvageOpener(primers: survey.primers)
    let take = { (record: SalvageRecord) in
        if case .batch(let batch) = SalvagedBlob(record) { _ = opener.open(batch) }
        return true
    }
    scan.readDatabase(take)
    scan.readWAL(take)
    let log = SalvageScan(database: database.map(RawFile.init(bytes:)), wal: wal.map(RawFile.init(bytes:)), of: .hubLog)
    let look = { (record: SalvageRecord) in
        record.shape == .hubRow ? HubLogSalvagedRow(record) != nil : record.payload.count > 0
    }
    log.readDatabase(look)
    log.readWAL(look)
    if let wal {
        let frames = WALFrames(RawFile(bytes: wal), geometry: .ours)
        precondition(frames.firstHidden().map { $0 < frames.count } ?? true)
    }
}
