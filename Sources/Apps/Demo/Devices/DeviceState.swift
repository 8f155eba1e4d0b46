// SPDX-License-Identifier: Apache-2.0

/// What a ``Device`` has sent and what is still unanswered, oldest first.
struct DeviceState: Sendable {
    struct Pending: Sendable {
        var message: DeviceMessage
        var publication: PublishRecord.Publication
        /// Handed to a connection at least once.
        var isSent = false
    }

    var record = PublishRecord()
    /// By number of the message; numbers ascend in the order of publication.
    var pending: [Int: Pending] = [:]
    var next = 0
    /// The agent said no to these: too large, topic not allowed.
    var rejected = 0
    var reconnects = 0
    var lastRejection: String?
    /// Application bytes of connections that have ended, both ways.
    var finishedBytes = 0
    var isStopped = false

    mutating func publish(_ message: DeviceMessage) -> Int {
        let publication = record.publish(topic: message.topic, payload: message.payload.span.bytes)
        pending[next] = Pending(message: message, publication: publication)
        next += 1
        return next - 1
    }

    /// The message, marked as handed to a connection (again); nil when it was answered meanwhile.
    mutating func hand(_ number: Int) -> DeviceMessage? {
        guard let entry = pending[number] else { return nil }
        if entry.isSent { record.resend(entry.publication) }
        pending[number]?.isSent = true
        return entry.message
    }

    mutating func acknowledge(_ number: Int) {
        guard let entry = pending.removeValue(forKey: number) else { return }
        record.acknowledge(entry.publication)
    }

    mutating func reject(_ number: Int, _ reason: String) {
        guard pending.removeValue(forKey: number) != nil else { return }
        rejected += 1
        lastRejection = reason
    }
}
