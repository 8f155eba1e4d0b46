// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Sealing

extension ContentKeyNotice {
    private static let recipientBytes = 8 + WrappedKey.encapsulatedBytes + WrappedKey.sealedBytes

    func encode(into buffer: inout ByteBuffer) {
        let recipients = recipients.prefix(FrameLimits.sealingKeys)
        buffer.writeVarint(UInt64(recipients.count))
        for recipient in recipients {
            buffer.writeInteger(recipient.recipient)
            buffer.writeBytes(recipient.encapsulated)
            buffer.writeBytes(recipient.sealed)
        }
        buffer.writeBytes(nodeKey)
        buffer.writeBytes(signature)
    }

    init(decoding buffer: inout ByteBuffer) throws(FrameFault) {
        let count = try buffer.readCount(
            "recipient count",
            limit: FrameLimits.sealingKeys,
            minimumBytes: Self.recipientBytes
        )
        var recipients: [WrappedKey] = []
        for _ in 0..<count {
            recipients.append(
                WrappedKey(
                    recipient: try buffer.readFixed64("recipient"),
                    encapsulated: try buffer.readFixed(WrappedKey.encapsulatedBytes, "encapsulated key"),
                    sealed: try buffer.readFixed(WrappedKey.sealedBytes, "wrapped key")
                )
            )
        }
        self.init(
            recipients: recipients,
            nodeKey: try buffer.readFixed(Self.nodeKeyBytes, "node key"),
            signature: try buffer.readFixed(Self.signatureBytes, "signature")
        )
    }
}
