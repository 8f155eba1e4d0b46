// SPDX-License-Identifier: Apache-2.0

package import NIOCore
package import Sealing

extension SealingKey {
    /// The message that a frame travels in, sealed with the next counter.
    package mutating func message(_ frame: Frame) throws(SealFault) -> ByteBuffer {
        let counter = counter
        let envelope = SealedFrame(counter: counter, sealed: try seal(frame.content))
        var message = ByteBuffer()
        message.reserveCapacity(envelope.sealed.count + SealedFrame.overhead)
        envelope.encode(into: &message)
        return message
    }
}
