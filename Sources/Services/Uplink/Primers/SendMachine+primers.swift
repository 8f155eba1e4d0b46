// SPDX-License-Identifier: Apache-2.0

import Batching
import NIOCore
import Storage
import UplinkFrames

extension SendMachine {
    /// A primer that has left and is not answered.
    struct SentPrimer: Sendable {
        var identifier: PrimerIdentifier
        var bytes: Int
        var stamp: PaceMachine.Stamp
    }

    /// What the hub says of a primer.
    package enum PrimerAnswer: Sendable, Equatable {
        case landed
        case wanted
        case refused
    }

    package mutating func primer(_ number: UInt64, _ answer: PrimerAnswer, at now: Duration) {
        let identifier = PrimerIdentifier(rawValue: number)
        switch answer {
        case .landed:
            confirm(identifier, at: now)
            primers.landed(identifier)
        case .refused:
            confirm(identifier, at: now)
            primers.refused(identifier)
        case .wanted: if primers.wanted(identifier) { startOver(at: now) }
        }
    }

    private mutating func confirm(_ identifier: PrimerIdentifier, at now: Duration) {
        for sent in sentPrimers where sent.identifier == identifier { pace.confirmed(sent.bytes, sent.stamp, at: now) }
        sentPrimers.removeAll { $0.identifier == identifier }
    }

    /// The hub dropped some of what was sent, nobody knows how much: all of it is read again, as on a new connection.
    ///
    /// What has landed of it all the same is trimmed there.
    private mutating func startOver(at now: Duration) {
        generation += 1
        if let partial = parts, partial.position != nil {
            if let stamp = partial.stamp { pace.confirmed(partial.unconfirmed, stamp, at: now) }
            parts = nil
        }
        for position in lanes.indices {
            for sent in lanes[position].sent { pace.confirmed(sent.bytes, sent.stamp, at: now) }
        }
        for name in names {
            let mark = name.historical.flatMap { lanes[$0].through }
            lanes[name.present].startOver(from: mark.map { $0 + 1 } ?? 0, at: now)
            if let historical = name.historical { lanes[historical].startOver(from: 0, at: now) }
        }
        readyBytes = 0
    }

    /// Whether a primer is next: small batches must not take the room away that its parts need.
    var isPublishing: Bool {
        if let parts { return parts.position == nil }
        return primers.publication != nil && (!isFlushing || primers.isBlocking)
    }

    /// The next frame, or the next part of it, that publishes a primer; nil when there is none or none may leave yet.
    mutating func nextOfPrimer(at now: Duration) -> Frame? {
        guard isPublishing else { return nil }
        guard parts == nil else { return nextPart(at: now) }
        guard let primer = primers.publication else { return nil }
        let frame = Frame.primer(primer.identifier.rawValue, bytes: primer.bytes)
        guard frame.encodedBytes <= settings.contentLimit else {
            parts = PartialParcel(.primer(primer.identifier), splitter: split(frame))
            return nextPart(at: now)
        }
        guard mayLeave(frame.encodedBytes) else { return nil }
        spent += UInt64(frame.encodedBytes)
        published(primer.identifier, bytes: frame.encodedBytes, pace.sent(frame.encodedBytes, at: now))
        return frame
    }

    mutating func published(_ identifier: PrimerIdentifier, bytes: Int, _ stamp: PaceMachine.Stamp) {
        sentPrimers.append(SentPrimer(identifier: identifier, bytes: bytes, stamp: stamp))
        primers.published(identifier)
    }

    /// Whether a lane's batches may name a primer: it belongs to the node, and lanes of an older name do not.
    func primer(for lane: LaneCursor) -> PrimerIdentifier? {
        lane.state.node == node ? primers.usable : nil
    }

    /// Primers that a lane's batches may name if they were made before.
    func heldPrimers(for lane: LaneCursor) -> Set<PrimerIdentifier> {
        lane.state.node == node ? primers.held : []
    }

    /// Whether it is time to make a primer, and the one that would be forgotten for it is not on its way.
    func wantsTraining(at now: Duration) -> Bool {
        guard primers.wantsTraining(at: now) else { return false }
        let newest = primers.primers.last?.identifier
        return lanes.allSatisfy { lane in
            lane.sent.allSatisfy { $0.primer == nil || $0.primer == newest }
                && lane.ready.allSatisfy { $0.primer == nil || $0.primer == newest }
        }
    }
}
