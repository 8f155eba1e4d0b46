// SPDX-License-Identifier: Apache-2.0

import NIOCore

extension SealOffer {
    func encode(into buffer: inout ByteBuffer) {
        buffer.writeBytes(challenge)
        buffer.writeIdentifiers(keys.prefix(FrameLimits.sealingKeys))
    }

    init(decoding buffer: inout ByteBuffer) throws(FrameFault) {
        self.init(
            challenge: try buffer.readFixed(Self.challengeBytes, "challenge"),
            keys: try buffer.readIdentifiers("key count", limit: FrameLimits.sealingKeys)
        )
    }
}
