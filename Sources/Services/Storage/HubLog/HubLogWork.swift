// SPDX-License-Identifier: Apache-2.0

import Batching
import Events

/// What waits for the writer.
enum HubLogWork: Sendable {
    typealias LandCompletion = @Sendable (Result<Landed, StoreError>) -> Void
    typealias PrimerCompletion = @Sendable (Result<PrimerLanding, StoreError>) -> Void
    typealias ClockCompletion = @Sendable (Result<Void, StoreError>) -> Void
    typealias GreetCompletion = @Sendable (Result<[Lane: SequenceSet], StoreError>) -> Void

    case land(HubLogLane.Key, batch: [UInt8], block: EventBlock, range: ClosedRange<UInt64>, LandCompletion)
    case primer(node: String, Primer, PrimerCompletion)
    case clock(ClockAnnouncement, store: UInt64, ClockCompletion)
    case gap(node: String, Gap, LandCompletion)
    case greet(AgentIntroduction, GreetCompletion)
    /// A lane's ceiling, named between two introductions.
    case ceiling(HubLogLane.Key, UInt64)
    /// A row of the log that can no longer be read.
    case unreadable(lane: Int64, ClosedRange<UInt64>)

    /// Memory that the work holds, roughly.
    var bytes: Int {
        switch self {
        case .land(_, let batch, let block, _, _):
            256 + batch.count + block.byteCount + block.count * MemoryLayout<EventBlock.Record>.stride
        case .primer(_, let primer, _): 256 + primer.bytes.count
        case .greet(let hello, _): 256 + hello.lanes.count * 96
        case .clock(let clock, _, _): 256 + clock.record.places.count * 16
        case .gap, .ceiling, .unreadable: 256
        }
    }

    /// Bytes that it adds to the log, roughly.
    var storedBytes: Int {
        switch self {
        case .land(_, let batch, _, _, _): batch.count + 64
        case .primer(_, let primer, _): primer.bytes.count + 64
        case .greet(let hello, _): hello.lanes.count * 128
        case .clock(let clock, _, _): 128 + clock.record.places.count * 16
        case .gap, .ceiling, .unreadable: 128
        }
    }

    func fail(_ error: StoreError) {
        switch self {
        case .land(_, _, _, _, let completion), .gap(_, _, let completion): completion(.failure(error))
        case .primer(_, _, let completion): completion(.failure(error))
        case .clock(_, _, let completion): completion(.failure(error))
        case .greet(_, let completion): completion(.failure(error))
        case .ceiling, .unreadable: break
        }
    }
}
