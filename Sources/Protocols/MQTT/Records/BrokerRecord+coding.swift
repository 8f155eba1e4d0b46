// SPDX-License-Identifier: Apache-2.0

import NIOCore

extension BrokerRecord {
    /// The bytes of a record; drawn at ``BrokerRecord``.
    package func encoded() -> [UInt8] {
        var out = ByteBuffer()
        switch self {
        case .session(let clientID, let user, let expiry, let will):
            out.writeMultipleIntegers(UInt8(1), expiry, UInt16(clamping: clientID.utf8.count))
            out.writeString(clientID)
            out.writeInteger(UInt16(clamping: user.utf8.count))
            out.writeString(user)
            if let will {
                out.writeInteger(will.delay)
                out.write(will.message)
            }
        case .subscription(let session, let grant):
            let options =
                grant.qualityOfService.rawValue | (grant.noLocal ? 4 : 0) | (grant.retainAsPublished ? 8 : 0)
            out.writeMultipleIntegers(UInt8(2), session, options, grant.identifier)
            out.writeString(grant.filter)
        case .received(let session, let packetID): out.writeMultipleIntegers(UInt8(3), session, packetID)
        case .message(let session, let queued):
            let options = queued.qualityOfService.rawValue | (queued.retain ? 4 : 0) | (queued.isUnsent ? 8 : 0)
            out.writeMultipleIntegers(UInt8(4), session, queued.packetID, options)
            out.writeInteger(UInt8(clamping: queued.identifiers.count))
            for identifier in queued.identifiers.prefix(255) { out.writeInteger(identifier) }
            out.write(queued.message)
        case .released(let session, let packetID): out.writeMultipleIntegers(UInt8(5), session, packetID)
        case .retained(let message):
            out.writeInteger(UInt8(6))
            out.write(message)
        case .returned(let session): out.writeMultipleIntegers(UInt8(7), session)
        }
        return Array(out.readableBytesView)
    }

    /// Nil for bytes that ``encoded()`` did not make.
    package init?(_ bytes: [UInt8]) {
        var body = ByteBuffer(bytes: bytes)
        guard let kind = body.readInteger(as: UInt8.self), let record = Self.read(kind, from: &body),
            body.readableBytes == 0
        else { return nil }
        self = record
    }

    private static func read(_ kind: UInt8, from body: inout ByteBuffer) -> BrokerRecord? {
        switch kind {
        case 1: readSession(from: &body)
        case 2: readSubscription(from: &body)
        case 3: readIDs(from: &body).map { .received(session: $0, packetID: $1) }
        case 4: readQueued(from: &body)
        case 5: readIDs(from: &body).map { .released(session: $0, packetID: $1) }
        case 6: body.readMessage().map { .retained($0) }
        case 7: body.readInteger(as: UInt64.self).map { .returned(session: $0) }
        default: nil
        }
    }

    private static func readIDs(from body: inout ByteBuffer) -> (UInt64, UInt16)? {
        guard let (session, packetID) = body.readMultipleIntegers(as: (UInt64, UInt16).self), packetID > 0 else {
            return nil
        }
        return (session, packetID)
    }

    private static func readSession(from body: inout ByteBuffer) -> BrokerRecord? {
        guard let (expiry, length) = body.readMultipleIntegers(as: (UInt32, UInt16).self),
            let clientID = body.readText(length: Int(length)), let userLength = body.readInteger(as: UInt16.self),
            let user = body.readText(length: Int(userLength))
        else { return nil }
        guard body.readableBytes > 0 else { return .session(clientID: clientID, user: user, expiry: expiry, will: nil) }
        guard let delay = body.readInteger(as: UInt32.self), let message = body.readMessage() else { return nil }
        let will = KeptWill(delay: delay, message: message)
        return .session(clientID: clientID, user: user, expiry: expiry, will: will)
    }

    private static func readSubscription(from body: inout ByteBuffer) -> BrokerRecord? {
        guard let (session, options, identifier) = body.readMultipleIntegers(as: (UInt64, UInt8, UInt32).self),
            options < 16, let quality = QualityOfService(rawValue: options & 3),
            let filter = body.readText(length: body.readableBytes)
        else { return nil }
        let grant = Grant(
            filter: filter,
            qualityOfService: quality,
            noLocal: options & 4 != 0,
            retainAsPublished: options & 8 != 0,
            identifier: identifier
        )
        return .subscription(session: session, grant)
    }

    private static func readQueued(from body: inout ByteBuffer) -> BrokerRecord? {
        guard let (session, packetID) = readIDs(from: &body),
            let (options, count) = body.readMultipleIntegers(as: (UInt8, UInt8).self), options < 16,
            let quality = QualityOfService(rawValue: options & 3), quality != .atMostOnce
        else { return nil }
        var identifiers: [UInt32] = []
        for _ in 0..<count {
            guard let identifier = body.readInteger(as: UInt32.self) else { return nil }
            identifiers.append(identifier)
        }
        guard let message = body.readMessage() else { return nil }
        let queued = QueuedMessage(
            packetID: packetID,
            qualityOfService: quality,
            retain: options & 4 != 0,
            isUnsent: options & 8 != 0,
            identifiers: identifiers,
            message: message
        )
        return .message(session: session, queued)
    }
}

extension ByteBuffer {
    fileprivate mutating func write(_ message: KeptMessage) {
        writeMultipleIntegers(
            message.timestamp,
            UInt16(clamping: message.topicLength),
            UInt32(clamping: message.attributesLength)
        )
        writeBytes(message.bytes)
    }

    fileprivate mutating func readMessage() -> KeptMessage? {
        guard let (timestamp, topicLength, attributesLength) = readMultipleIntegers(as: (Int64, UInt16, UInt32).self),
            Int(topicLength) + Int(attributesLength) <= readableBytes, topicLength > 0,
            let bytes = readBytes(length: readableBytes)
        else { return nil }
        return KeptMessage(
            timestamp: timestamp,
            topicLength: Int(topicLength),
            attributesLength: Int(attributesLength),
            bytes: bytes
        )
    }

    fileprivate mutating func readText(length: Int) -> String? {
        readBytes(length: length).flatMap { String(validating: $0, as: UTF8.self) }
    }
}
