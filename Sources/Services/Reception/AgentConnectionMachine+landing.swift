// SPDX-License-Identifier: Apache-2.0

package import Batching
package import Events
package import NIOCore
package import Storage
import UplinkFrames

extension AgentConnectionMachine {
    /// The log knows the agent now: this is what has landed of its lanes.
    ///
    /// - Parameter primers: those of the ones in hello that the log has.
    package mutating func greeted(
        _ landed: [Lane: SequenceSet],
        primers: [Primer] = [],
        at now: NIODeadline
    ) -> [Action] {
        isGreeting = false
        if phase == .introduced {
            phase = .serving
            trouble = nil
            for primer in primers { push(.know(primer.identifier, bytes: primer.bytes)) }
            push(
                .send(
                    .welcome(
                        Welcome(
                            version: version,
                            hubID: settings.hubID,
                            hubEpoch: settings.hubEpoch,
                            maximumEventBytes: settings.maximumEventBytes,
                            credit: granted,
                            landed: lanes.map { LandedRanges(landed[$0.lane] ?? SequenceSet()) },
                            maximumPrimerBytes: version >= 2 ? UInt64(settings.maximumPrimerBytes) : 0,
                            primers: primers.map(\.identifier.rawValue)
                        )
                    )
                )
            )
            tellTrouble()
        }
        return take(at: now)
    }

    /// The log could not take the greeting; the agent is kept waiting until it can.
    package mutating func greetingFailed(_ error: StoreError, at now: NIODeadline) -> [Action] {
        isGreeting = false
        if phase == .introduced {
            trouble = error
            tellTrouble()
            push(.greetLater)
        }
        return take(at: now)
    }

    /// The log's answer to one order; ``flush(at:)`` follows when all that came together are told.
    package mutating func completed(_ ticket: UInt64, _ result: Result<Landed, StoreError>) {
        guard let order = handed.removeValue(forKey: ticket) else { return }
        switch result {
        case .success(let landed):
            done(order)
            guard phase != .closed else { return }
            switch order.work {
            case .batch(let handle, _, _, _), .gap(let handle, _):
                unacknowledged[handle] = landed.sequences
                if let primer = landed.primerWanted { want(primer, handle: handle) }
            case .primer, .clock: break
            }
        case .failure(let error): failed(order, error)
        }
    }

    /// The log's answer to an order that was a primer.
    package mutating func completed(_ ticket: UInt64, primer result: Result<PrimerLanding, StoreError>) {
        guard let order = handed.removeValue(forKey: ticket), case .primer(let primer) = order.work else { return }
        switch result {
        case .success(let landing):
            done(order)
            settled(primer, landing)
        case .failure(let error): failed(order, error)
        }
    }

    /// The log's answer to an order that was a clock record.
    package mutating func completed(_ ticket: UInt64, clock result: Result<Void, StoreError>) {
        guard let order = handed.removeValue(forKey: ticket), case .clock(let clock, _) = order.work else { return }
        switch result {
        case .success:
            done(order)
            guard phase != .closed else { return }
            push(.send(.clockLanded(epoch: clock.epoch.id, ordinal: clock.record.ordinal)))
        case .failure(let error): failed(order, error)
        }
    }

    private mutating func done(_ order: LandingOrder) {
        heldBytes -= order.weight
        consumed += order.cost
    }

    private mutating func failed(_ order: LandingOrder, _ error: StoreError) {
        guard phase == .serving else {
            heldBytes -= order.weight
            return
        }
        // Nothing is lost and nobody is told: it is tried again, in order, until the disk takes it.
        waiting.append(order)
        // That the log is busy, or that something else comes first, says less than why that did not land.
        if case .unavailable = error, trouble != nil { return }
        trouble = error
    }

    /// One acknowledgement per lane, however many of its batches one commit landed; and what follows from that.
    package mutating func flush(at now: NIODeadline) -> [Action] {
        acknowledge()
        if handed.isEmpty {
            if waiting.isEmpty {
                trouble = nil
            } else if !retryIsDue {
                retryIsDue = true
                push(.retryLater)
            }
        }
        tellTrouble()
        extendCredit()
        concludeIfDone()
        return take(at: now)
    }

    /// Hands to the log, in order, what it gave back.
    package mutating func retry(at now: NIODeadline) -> [Action] {
        retryIsDue = false
        let orders = waiting.sorted { $0.ticket < $1.ticket }
        waiting.removeAll()
        for order in orders { hand(order) }
        return take(at: now)
    }

    /// Tells the agent why nothing lands, or that it does again; a log that is only busy is no trouble.
    private mutating func tellTrouble() {
        guard version >= 3, phase == .introduced || phase == .serving else { return }
        if case .unavailable = trouble { return }
        let text = trouble?.description
        guard text != toldTrouble else { return }
        toldTrouble = text
        push(.send(.hold(text ?? "")))
    }

    mutating func submit(_ work: LandingOrder.Work, node: String, cost: UInt64) {
        lastTicket += 1
        let order = LandingOrder(ticket: lastTicket, node: node, work: work, cost: cost)
        heldBytes += order.weight
        // What the log gave back goes first.
        if waiting.isEmpty { hand(order) } else { waiting.append(order) }
    }

    private mutating func hand(_ order: LandingOrder) {
        handed[order.ticket] = order
        push(.land(order))
    }

    /// Acknowledges what has landed since the last time, unless the agent does not read: then the newest state is sent
    /// when it does.
    mutating func acknowledge() {
        guard isWritable, phase == .serving || phase == .stopping, !unacknowledged.isEmpty else { return }
        for handle in unacknowledged.keys.sorted() {
            guard let landed = unacknowledged[handle] else { continue }
            push(.send(.ack(handle: handle, landed: LandedRanges(landed))))
        }
        unacknowledged.removeAll(keepingCapacity: true)
    }

    /// Gives new credit when half of it is used up by what has landed; a log in trouble gives none.
    mutating func extendCredit() {
        guard phase == .serving, waiting.isEmpty else { return }
        let total = consumed + assembling + settings.credit
        guard total > granted, total - granted >= settings.credit / 2 || received > granted else { return }
        granted = total
        push(.send(.credit(total: total)))
    }

    /// Says goodbye when the hub shuts down and all that was read is answered.
    mutating func concludeIfDone() {
        guard phase == .stopping, handed.isEmpty else { return }
        isWritable = true
        acknowledge()
        finish(.closing, "the hub is shutting down")
    }
}
