// SPDX-License-Identifier: Apache-2.0

import Keys
import Logging
import MQTT
import NIOCore

extension BrokerConnection {
    /// Finds out who the client is, which may take the time of a password check, and then lets it in or not.
    func ask(_ connect: Connect) {
        guard let handle, let context else { return }
        var request = AccessRequest(entrance: entrance, userName: connect.userName, password: connect.password)
        request.peer = context.channel.remoteAddress?.ipAddress ?? "local"
        request.certificateName = entrance.usesCertificates ? CertificateName.ofPeer(context) : nil
        request.isAbandoned = { [channel = context.channel] in !channel.isActive }
        let verdict = core.access.check(request) { verdict in handle.execute { $0.decide(verdict, connect) } }
        guard let verdict else {
            isAsking = true
            return
        }
        decide(verdict, connect)
    }

    private func decide(_ verdict: AccessVerdict, _ connect: Connect) {
        guard life == .serving else { return }
        let hasWaited = isAsking
        isAsking = false
        switch verdict {
        case .admitted(let user):
            self.user = user
            admit(connect)
        case .refused(let refusal):
            core.count { $0.turnedAway[refusal.name, default: 0] += 1 }
            close(session.end(refusal.reason, refusal.text))
        }
        if hasWaited { processKept() }
    }

    private func admit(_ connect: Connect) {
        if let will = connect.will, !mayPublish(will) {
            core.count { $0.turnedAway["not authorized", default: 0] += 1 }
            return close(session.end(.notAuthorized, "the access rules do not allow the topic of its will"))
        }
        open(connect)
        // A client without a name has one only now.
        rightsVersion = 0
    }

    // MARK: What it may do

    /// Of this moment; nil where everybody may do everything.
    private var currentRights: Rights? {
        let version = core.access.version
        if rightsVersion != version {
            rights = core.access.rights(user: user, clientID: session.clientID)
            rightsVersion = version
        }
        return rights
    }

    func mayRead(_ topic: ArraySlice<UInt8>) -> Bool {
        currentRights?.mayRead(topic) ?? true
    }

    func mayPublish(_ will: Will) -> Bool {
        !ReservedTopics.contains(will.topic.utf8) && currentRights?.mayPublish(will.topic.utf8) ?? true
    }

    func mayPublish(_ publish: Publish) -> Bool {
        let topic = publish.topic.readableBytesView
        return !ReservedTopics.contains(topic) && currentRights?.mayPublish(topic) ?? true
    }

    /// Looks at a packet before the session does: what it may not subscribe to is refused there.
    func judge(_ packet: Packet) {
        guard case .subscribe(let request) = packet, session.isConnected else { return }
        var denied: Set<String> = []
        if let rights = currentRights {
            for item in request.requests where !rights.maySubscribe(item.filter) { denied.insert(item.filter) }
        }
        session.deny(filters: denied)
        guard !denied.isEmpty else { return }
        core.count { $0.deniedSubscriptions += UInt64(denied.count) }
        core.throttle.warn(
            "denied filter",
            "the access rules do not allow a subscription: \(denied.sorted().joined(separator: " ").prefix(200))",
            metadata: metadata
        )
    }

    /// Answers a message that is not taken.
    func deny(_ publish: Publish) {
        countRefusal(.notAuthorized)
        core.throttle.warn(
            "denied topic",
            "the access rules do not allow to publish: \(String(buffer: publish.topic).prefix(200))",
            metadata: metadata
        )
        if let answer = session.deny(publish) { answerInOrder(answer) }
    }
}
