// SPDX-License-Identifier: Apache-2.0

package import UplinkFrames

extension LinkMachine {
    /// TCP stands.
    package mutating func reached(_ id: ConnectionID, at now: Duration) {
        if first?.id == id {
            first?.phase = .upgrading
            first?.heard = now
            first?.owedSince = now
        } else if second?.id == id {
            second?.phase = .upgrading
            second?.heard = now
        }
    }

    /// The transport stands and frames can be sent.
    package mutating func opened(_ id: ConnectionID, at now: Duration) -> [Action] {
        if first?.id == id {
            first?.phase = .greeting
            first?.heard = now
            first?.owedSince = now
            return [.sayHello(id)]
        }
        guard let connection = second, connection.id == id else { return [.close(id, nil)] }
        // The hub drops the first when the second says hello: not if the first came back to life meanwhile.
        if let first, first.heard > connection.begun {
            second = nil
            return [.close(id, nil)]
        }
        second?.phase = .greeting
        second?.heard = now
        second?.owedSince = now
        return [.sayHello(id)]
    }

    /// A connection could not be made.
    package mutating func failed(_ id: ConnectionID, _ text: String, at now: Duration) -> [Action] {
        lost(id, "cannot connect to \(name(of: id)): \(text)", at: now)
    }

    /// A connection is gone.
    package mutating func closed(_ id: ConnectionID, _ text: String?, at now: Duration) -> [Action] {
        lost(id, "lost the connection to \(name(of: id))" + (text.map { ": \($0)" } ?? ""), at: now)
    }

    /// Bytes came.
    package mutating func heard(_ id: ConnectionID, at now: Duration) {
        if first?.id == id {
            first?.heard = now
            first?.owedSince = nil
            first?.pingedAt = nil
        } else if second?.id == id {
            second?.heard = now
        }
    }

    /// The hub answered hello.
    package mutating func welcomed(_ id: ConnectionID, at now: Duration) -> [Action] {
        var actions: [Action] = []
        if let connection = second, connection.id == id {
            if let first { actions.append(.close(first.id, nil)) }
            first = connection
            second = nil
        } else if let connection = second, !connection.isOpen {
            second = nil
            actions.append(.close(connection.id, nil))
        }
        guard first?.id == id, first?.phase == .greeting else { return actions }
        if let hub = first?.hub { versions[hub] = nil }
        first?.phase = .serving
        first?.heard = now
        first?.owedSince = nil
        connections += 1
        policy.reset()
        trouble = nil
        return actions + [.adopt(id)]
    }

    /// The hub takes nothing at present, and keeps the connection; without a text it takes events again.
    package mutating func held(_ id: ConnectionID, _ text: String) {
        guard first?.id == id, let phase = first?.phase, phase == .greeting || phase == .serving else { return }
        if !text.isEmpty {
            trouble = "\(name(of: id)) takes nothing at present: \(text)"
        } else if phase == .serving {
            trouble = nil
        }
    }

    /// The hub ends a connection, or does not want it.
    package mutating func bye(_ id: ConnectionID, _ bye: Bye, at now: Duration) -> [Action] {
        let isOurOwn = bye.reason == .superseded && first?.id == id && second != nil
        let isLater = stepDown(id, bye.reason)
        let wait: Duration?
        let text: String
        switch bye.reason {
        case .nodeNameInUse:
            wait = ReconnectPolicy.slow
            text = """
                another live agent uses the node name \(node) at \(name(of: id)): give this one another SLUICE_NODE \
                or a fresh state directory
                """
        case .versionUnsupported:
            wait = isLater ? nil : ReconnectPolicy.slow
            text = "\(name(of: id)) speaks another version: \(bye.text)"
        case .superseded:
            wait = isOurOwn ? nil : ReconnectPolicy.longest
            text = "\(name(of: id)) took a newer connection of node \(node)"
        case .notAuthorised:
            wait = ReconnectPolicy.slow
            text = "\(name(of: id)) does not let this agent in: \(bye.text)"
        case .sealRefused:
            wait = nil
            text = "\(name(of: id)) refused what came sealed: \(bye.text)"
        case .closing, .protocolFault, .overloaded:
            wait = nil
            text = "\(name(of: id)) closed the connection: \(bye.text)"
        }
        return [.close(id, nil)] + lost(id, text, wait: wait, at: now)
    }

    /// A hub that ends a connection in answer to hello may be an older one: the version before is tried next.
    ///
    /// Hubs of version 1 call a later hello malformed, not of another version. After the oldest the newest is tried
    /// again, and after each welcome: the hub may have been updated.
    ///
    /// - Returns: whether there was a version left to try.
    private mutating func stepDown(_ id: ConnectionID, _ reason: Bye.Reason) -> Bool {
        let connection = first?.id == id ? first : second
        guard reason == .versionUnsupported || reason == .protocolFault, connection?.phase == .greeting else {
            return false
        }
        return stepDown(id)
    }

    private mutating func stepDown(_ id: ConnectionID) -> Bool {
        guard let connection = first?.id == id ? first : second, connection.id == id else { return false }
        let version = helloVersion(id)
        let isLater = version > Hello.versions.lowerBound
        versions[connection.hub] = isLater ? version - 1 : nil
        return isLater
    }

    /// Something that makes no sense came from the hub.
    package mutating func fault(_ id: ConnectionID, _ text: String, at now: Duration) -> [Action] {
        [.close(id, .protocolFault)] + lost(id, "\(name(of: id)) sent what makes no sense: \(text)", at: now)
    }

    /// A hub says what only a later version than this has: it is asked for an older one.
    package mutating func unsupported(_ id: ConnectionID, _ text: String, at now: Duration) -> [Action] {
        let isLater = stepDown(id)
        let words = "\(name(of: id)) speaks another version: \(text)"
        return [.close(id, .versionUnsupported)] + lost(id, words, wait: isLater ? nil : ReconnectPolicy.slow, at: now)
    }

    /// Something sealed was changed, left out or put in on the way: all that was not acknowledged is sent again.
    package mutating func tampered(_ id: ConnectionID, _ text: String, at now: Duration) -> [Action] {
        [.close(id, .sealRefused)] + lost(id, "refused what came as from \(name(of: id)): \(text)", at: now)
    }

    /// The hub does not seal, or not with a key that is trusted: nothing was said to it, and a person has to see to it.
    package mutating func unsealed(_ id: ConnectionID, _ text: String, at now: Duration) -> [Action] {
        [.close(id, nil)] + lost(id, "\(name(of: id)) \(text)", wait: ReconnectPolicy.slow, at: now)
    }

    /// The pong, or any other answer, will be waited for.
    package mutating func ping(_ id: ConnectionID, at now: Duration) -> UInt64 {
        pings += 1
        if first?.id == id {
            first?.pingedAt = now
            if first?.owedSince == nil { first?.owedSince = now }
        }
        return pings
    }

    private func name(of id: ConnectionID) -> String {
        let connection = first?.id == id ? first : second
        return hubNames[connection?.hub ?? hub]
    }

    private mutating func lost(
        _ id: ConnectionID,
        _ text: String,
        wait: Duration? = nil,
        at now: Duration
    ) -> [Action] {
        guard !isEnding else { return [] }
        if second?.id == id {
            second = nil
            secondAttemptAt = now + (wait ?? policy.failed(at: now))
            return []
        }
        guard let connection = first, connection.id == id else { return [] }
        let wasServing = connection.phase == .serving
        trouble = text
        first = second
        second = nil
        if first == nil {
            hub = (connection.hub + 1) % hubNames.count
            let pause = policy.failed(at: now)
            // The time that an attempt took in vain counts as waiting, or a link that is back would be found too late.
            let from = connection.isOpen ? now : connection.begun
            attemptAt = wait.map { now + $0 } ?? max(now, from + pause)
        }
        return wasServing ? [.suspend] : []
    }
}
