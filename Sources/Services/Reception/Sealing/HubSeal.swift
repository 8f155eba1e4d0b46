// SPDX-License-Identifier: Apache-2.0

import Keys
import NIOCore
import Sealing
import UplinkFrames

/// The hub's side of sealing on one connection: between the messages that travel and the frames that the machine is given.
///
/// ```
/// first --any other frame--> plain
///   '--seal wanted / offer--> offered --content key--> agreed --any frame--> sealed --content key / offer--> sealed
/// ```
/// Touches nothing but random numbers for challenges; ``AgentConnectionHandler`` sends and receives. The dialogue:
/// UplinkFrames, "Sealed".
final class HubSeal {
    /// What shows which node made a connection's content key.
    struct Proof {
        var nodeKey: [UInt8]
        var signature: [UInt8]
        /// What the signature is over.
        var signed: [UInt8]
    }

    enum Received {
        /// What the agent said, and the bytes of its encoding but for the check.
        case frame(Frame, size: Int)
        /// To be sent at once.
        case answer(ByteBuffer)
        /// A content key was taken.
        case agreed
    }

    enum Refusal: Error {
        case frame(FrameFault)
        case seal(SealFault)
        /// The agent does not seal where it has to.
        case unsealed
    }

    private enum Phase {
        case first, plain, offered, agreed, sealed
    }

    /// Nil where nothing can be opened: the frames of sealing are then as any others out of place.
    private let sealing: HubSealing?
    private var phase = Phase.first
    private var transcript = SealTranscript()
    private var openingKey: OpeningKey?
    private var sealingKey: SealingKey?
    /// Nil where nothing is sealed.
    private(set) var proof: Proof?

    init(_ sealing: HubSealing?) {
        self.sealing = sealing
    }

    private var isSealed: Bool { phase == .agreed || phase == .sealed }

    /// The message that a frame travels in.
    func message(_ frame: Frame) throws(SealFault) -> ByteBuffer {
        try sealingKey?.message(frame) ?? frame.message
    }

    func receive(_ message: inout ByteBuffer) throws(Refusal) -> Received {
        if SealedFrame.isNext(message) {
            guard isSealed, let envelope = try? SealedFrame.decode(&message) else { throw .seal(.forged) }
            return try received(envelope)
        }
        guard !isSealed else { throw .seal(.plain) }
        let size = message.readableBytes - Frame.checkBytes
        let frame = try Self.decoded { () throws(FrameFault) in try Frame.decode(&message) }
        return try received(frame, size: size)
    }

    private func received(_ plain: Frame, size: Int) throws(Refusal) -> Received {
        switch (phase, plain) {
        case (.first, .sealWanted(let scheme)) where sealing != nil:
            guard scheme == 1 else { throw .frame(.unsupported("sealing by scheme \(scheme)")) }
            transcript.absorb(plain.content)
            phase = .offered
            return .answer(offer().message)
        case (.offered, .contentKey(let notice)):
            let key = try unwrap(notice)
            openingKey = transcript.hubOpening(key)
            sealingKey = transcript.hubSealing(key)
            phase = .agreed
            return .agreed
        case (.first, _) where sealing?.isRequired == true: throw .unsealed
        case (.offered, _): throw .seal(.misplaced("no content key after an offer to seal"))
        default:
            phase = .plain
            return .frame(plain, size: size)
        }
    }

    private func received(_ envelope: SealedFrame) throws(Refusal) -> Received {
        let content: [UInt8]
        do throws(SealFault) {
            content = try openingKey?.open(envelope.sealed, counter: envelope.counter) ?? []
        } catch {
            throw .seal(error)
        }
        let frame = try Self.decoded { () throws(FrameFault) in try Frame.decode(content: content) }
        guard case .contentKey(let notice) = frame else {
            phase = .sealed
            return .frame(frame, size: content.count)
        }
        // Who has not said hello has one key opened, not as many as it likes.
        guard phase == .sealed else { throw .seal(.misplaced("a second content key before hello")) }
        return .answer(try renew(notice))
    }

    /// Goes on with another content key of the same node.
    ///
    /// - Returns: the answer, which is the last that is sealed with the present one.
    private func renew(_ notice: ContentKeyNotice) throws(Refusal) -> ByteBuffer {
        guard notice.nodeKey == proof?.nodeKey else { throw .seal(.signature) }
        let key = try unwrap(notice)
        let opening = transcript.hubOpening(key)
        let sealing = transcript.hubSealing(key)
        let answer: ByteBuffer
        do throws(SealFault) {
            answer = try message(offer())
        } catch {
            throw .seal(error)
        }
        openingKey = consume opening
        sealingKey = consume sealing
        return answer
    }

    // MARK: Keys

    private func offer() -> Frame {
        var random = SystemRandomNumberGenerator()
        let challenge = (0..<SealOffer.challengeBytes).map { _ in UInt8.random(in: 0...255, using: &random) }
        let keys = sealing?.keys.recipients.map(\.identifier) ?? []
        let offer = Frame.sealOffer(SealOffer(challenge: challenge, keys: keys))
        transcript.absorb(offer.content)
        return offer
    }

    /// The content key of a notice that is for this hub and signed by the key that it shows.
    private func unwrap(_ notice: ContentKeyNotice) throws(Refusal) -> ContentKey {
        guard let key = sealing?.keys.unwrap(notice.recipients, transcript) else { throw .seal(.notForUs) }
        transcript.absorb(notice.unsigned)
        guard transcript.isSigned(by: notice.nodeKey, notice.signature) else { throw .seal(.signature) }
        proof = Proof(nodeKey: notice.nodeKey, signature: notice.signature, signed: transcript.signed)
        return key
    }

    private static func decoded<Value>(_ body: () throws(FrameFault) -> Value) throws(Refusal) -> Value {
        do throws(FrameFault) {
            return try body()
        } catch {
            throw .frame(error)
        }
    }
}
