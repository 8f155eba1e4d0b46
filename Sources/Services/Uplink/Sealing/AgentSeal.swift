// SPDX-License-Identifier: Apache-2.0

import Keys
import NIOCore
import Sealing
import UplinkFrames

/// The agent's side of sealing on one connection: between the frames that the driver means and the messages that travel.
///
/// ```
/// asking --seal offer / content key--> sealed --renewal due / content key--> renewing --seal offer--> sealed
/// ```
/// Touches nothing but random numbers for keys; ``LinkDriver`` sends and receives. The dialogue: UplinkFrames, "Sealed".
final class AgentSeal {
    enum Received {
        /// What the hub said.
        case frame(Frame)
        /// This is to be sent now; hello, and all that follows, may follow it.
        case ready(ByteBuffer)
        /// The hub has taken a new key.
        case renewed
    }

    enum Refusal: Error {
        case frame(FrameFault)
        case seal(SealFault)
        /// The hub has none of the keys that are sealed for.
        case stranger
        /// No key could be made, in words.
        case unable(String)
    }

    private let sealing: AgentSealing
    private var transcript = SealTranscript()
    private var sealingKey: SealingKey?
    private var openingKey: OpeningKey?
    /// What opens as soon as the hub has taken the newest key.
    private var nextOpeningKey: OpeningKey?
    private var period: KeyPeriod?
    private var isHastened = false

    init(_ sealing: AgentSealing) {
        self.sealing = sealing
    }

    /// Whether a key was agreed on, so that all that is said is sealed.
    var isSealed: Bool { sealingKey != nil }

    /// What to say first.
    func ask() -> ByteBuffer {
        let wanted = Frame.sealWanted(scheme: 1)
        transcript.absorb(wanted.content)
        return wanted.message
    }

    // MARK: Sending

    /// The message that a frame travels in.
    func message(_ frame: Frame) throws(SealFault) -> ByteBuffer {
        try sealingKey?.message(frame) ?? frame.message
    }

    /// When the next key is due, whatever is sent; nil while one is being agreed on.
    var deadline: Duration? { nextOpeningKey == nil ? period?.end : nil }

    /// A new key, at the next opportunity.
    func hasten() {
        isHastened = true
    }

    /// The message with a new content key, where it is time for one: all after it is sealed with that.
    func renew(at now: Duration) throws(Refusal) -> ByteBuffer? {
        guard nextOpeningKey == nil, let period, let sealed = sealingKey?.counter, let opened = openingKey?.counter,
            isHastened || period.isOver(sealed: sealed, opened: opened, at: now)
        else { return nil }
        isHastened = false
        // The hub may have got another key since its offer, so that this is for everybody whom the file names.
        let (key, frame) = try makeKey(for: sealing.recipients.all)
        do throws(SealFault) {
            let message = try message(frame)
            take(key, at: now)
            return message
        } catch {
            throw .seal(error)
        }
    }

    // MARK: Receiving

    func receive(_ message: inout ByteBuffer, at now: Duration) throws(Refusal) -> Received {
        guard SealedFrame.isNext(message) else {
            guard !isSealed else { throw .seal(.plain) }
            let frame = try Self.decoded { () throws(FrameFault) in try Frame.decode(&message) }
            return try received(plain: frame, at: now)
        }
        guard let envelope = try? SealedFrame.decode(&message) else { throw .seal(.forged) }
        return try received(sealed: envelope)
    }

    private func received(plain frame: Frame, at now: Duration) throws(Refusal) -> Received {
        switch frame {
        case .bye: return .frame(frame)
        case .sealOffer(let offer):
            // For this hub alone: another one in the file could else go between.
            let recipients = sealing.recipients.all.filter { offer.keys.contains($0.identifier) }
            guard !recipients.isEmpty else { throw .stranger }
            transcript.absorb(frame.content)
            let (key, answer) = try makeKey(for: recipients)
            take(key, at: now)
            // The first key has nothing before it that could still open.
            openingKey = nextOpeningKey.take()
            return .ready(answer.message)
        default: throw .seal(.misplaced("an answer that is no offer to seal"))
        }
    }

    private func received(sealed envelope: SealedFrame) throws(Refusal) -> Received {
        let content: [UInt8]
        do throws(SealFault) {
            guard openingKey != nil else { throw .misplaced("a sealed frame before there was a key") }
            content = try openingKey?.open(envelope.sealed, counter: envelope.counter) ?? []
        } catch {
            throw .seal(error)
        }
        let frame = try Self.decoded { () throws(FrameFault) in try Frame.decode(content: content) }
        guard case .sealOffer = frame else { return .frame(frame) }
        guard nextOpeningKey != nil else { throw .seal(.misplaced("an offer to seal that nobody asked for")) }
        transcript.absorb(content)
        openingKey = nextOpeningKey.take()
        return .renewed
    }

    // MARK: Keys

    /// A content key, and the frame that says it.
    private func makeKey(for recipients: [SealRecipient]) throws(Refusal) -> (ContentKey, Frame) {
        let key = ContentKey.random()
        do {
            var notice = ContentKeyNotice(
                recipients: try recipients.map { try $0.wrap(key, transcript) },
                nodeKey: sealing.node.publicKey
            )
            transcript.absorb(notice.unsigned)
            notice.signature = try sealing.node.sign(transcript.signed)
            return (key, .contentKey(notice))
        } catch {
            throw .unable("\(error)")
        }
    }

    private func take(_ key: ContentKey, at now: Duration) {
        sealingKey = transcript.agentSealing(key)
        nextOpeningKey = transcript.agentOpening(key)
        period = KeyPeriod(from: now, length: sealing.keyPeriod)
    }

    private static func decoded<Value>(_ body: () throws(FrameFault) -> Value) throws(Refusal) -> Value {
        do throws(FrameFault) {
            return try body()
        } catch {
            throw .frame(error)
        }
    }
}
