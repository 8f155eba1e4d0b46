// SPDX-License-Identifier: Apache-2.0

import Events
import MQTT
import NIOCore
import Synchronization

extension BrokerCore {
    /// What time brought about.
    struct Due {
        var wills: [KeptMessage] = []
        var changes: [StateChange] = []
    }

    /// Ends sessions, publishes wills and forgets retained messages whose time has come, and comes back for the next.
    func lookAtTime() {
        let now = eventLoop.now
        var due = Due()
        state.withLock { state in
            state.timer?.task.cancel()
            state.timer = nil
            guard !state.isStopping else { return }
            for session in Array(state.sessions.values) { settle(session, now, in: &state, &due) }
            due.changes += state.retained.expire(now: now).map(StateChange.remove)
            if let next = state.retained.nextDeadline { schedule(next, in: &state) }
        }
        carryOut(due)
    }

    /// Does what is due for a client that is away, and sees to what will be.
    func settle(_ session: BrokerSession, _ now: NIODeadline, in state: inout State, _ due: inout Due) {
        let (will, isOver, next) = session.state.withLock { $0.settle(now) }
        if let will {
            due.wills.append(will)
            // Or it would be published again after a restart.
            if session.isDurable, !isOver { due.changes.append(put(session, will: nil)) }
        }
        if isOver {
            due.changes += session.numbers.map(StateChange.remove)
            forget(session, in: &state)
        } else if let next {
            schedule(next, in: &state)
        }
    }

    func carryOut(_ due: Due) {
        if !due.changes.isEmpty { memory?.note(due.changes) }
        for will in due.wills { publish(will) }
    }

    /// Comes back at a time, unless it would before.
    func schedule(_ due: NIODeadline, in state: inout State) {
        if let timer = state.timer {
            guard due < timer.due else { return }
            timer.task.cancel()
        }
        state.timer = (due, eventLoop.scheduleTask(deadline: due) { self.lookAtTime() })
    }

    /// Publishes a will whose client is gone.
    private func publish(_ will: KeptMessage) {
        var will = will
        will.timestamp = now()
        let block = will.block
        let routing = route(block, from: nil)
        for (connection, picks) in routing.atOnce { connection.execute { $0.deliver(block, picks) } }
        let eventLoop = eventLoop
        ingest(block, routing.changes) { [self] outcome in
            eventLoop.execute { self.distribute(block, routing, outcome) }
        }
    }
}

extension BrokerSession.State {
    /// What is due of a session: its will, whether it is over, and when to look again.
    fileprivate mutating func settle(_ now: NIODeadline) -> (will: KeptMessage?, isOver: Bool, due: NIODeadline?) {
        guard connection == nil else { return (nil, false, nil) }
        var due: KeptMessage?
        if let willDue, willDue <= now {
            due = will?.message
            will = nil
            self.willDue = nil
        }
        if let end, end <= now { return (due, true, nil) }
        return (due, false, [end, willDue].compactMap { $0 }.min())
    }
}
