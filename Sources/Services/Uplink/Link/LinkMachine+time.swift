// SPDX-License-Identifier: Apache-2.0

extension LinkMachine {
    /// Time has passed.
    package mutating func tick(at now: Duration) -> [Action] {
        guard !isEnding else { return [] }
        if let attempt = attemptAt, now >= attempt { return connectFirst(at: now) }
        var actions = giveUpSecond(at: now)
        guard let connection = first else { return actions }
        if isDead(connection, at: now) {
            actions.append(.close(connection.id, nil))
            let text = connection.isOpen ? "not a byte for \(linkTimeout.inSeconds) s" : "no answer"
            return actions
                + (connection.isOpen ? closed(connection.id, text, at: now) : failed(connection.id, text, at: now))
        }
        if let due = pingDue(connection), now >= due {
            let number = ping(connection.id, at: now)
            actions.append(.ping(connection.id, number))
        }
        if let due = doubtDue(connection), now >= due {
            let second = makeConnection(at: now)
            self.second = second
            actions.append(.connect(second.id, hub: second.hub))
        }
        return actions
    }

    /// Whether something was sent that the hub has not acknowledged; to be said after all that may have changed it.
    package mutating func owes(_ isAnswerOwed: Bool, at now: Duration) {
        guard first?.phase == .serving else { return }
        if isAnswerOwed {
            if first?.owedSince == nil { first?.owedSince = now }
        } else if first?.pingedAt == nil {
            first?.owedSince = nil
        }
    }

    /// When ``tick(at:)`` is to be called at the latest.
    package var deadline: Duration? {
        guard !isEnding else { return nil }
        var times: [Duration?] = [attemptAt]
        if let second { times.append(deadline(of: second)) }
        if let first {
            times += [deadline(of: first), pingDue(first), doubtDue(first)]
        }
        return times.compactMap(\.self).min()
    }

    private func deadline(of connection: Connection) -> Duration {
        switch connection.phase {
        case .connecting: connection.begun + Self.connectTimeout
        case .upgrading: connection.heard + min(Self.upgradeTimeout, linkTimeout)
        case .greeting, .serving: connection.heard + linkTimeout
        }
    }

    private func isDead(_ connection: Connection, at now: Duration) -> Bool {
        now >= deadline(of: connection)
    }

    private mutating func giveUpSecond(at now: Duration) -> [Action] {
        guard let connection = second, isDead(connection, at: now) else { return [] }
        return [.close(connection.id, nil)] + failed(connection.id, "no answer", at: now)
    }

    /// Silence for half of the time after which the link is dead, or for a second while an answer is owed.
    private func pingDue(_ connection: Connection) -> Duration? {
        guard connection.phase == .serving, connection.pingedAt == nil else { return nil }
        let idle = connection.heard + linkTimeout / 2
        guard let owed = connection.owedSince else { return idle }
        return min(idle, max(connection.heard, owed) + min(Self.pingAfter, linkTimeout / 4))
    }

    private func doubtDue(_ connection: Connection) -> Duration? {
        guard second == nil, connection.phase != .connecting, let owed = connection.owedSince else { return nil }
        return max(max(connection.heard, owed) + Self.doubt, secondAttemptAt)
    }
}
