// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import Keys
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import NIOWebSocket
import Sealing
import Storage
import UplinkFrames

extension LinkDriver {
    /// Does what the machine says.
    func perform(_ actions: [LinkMachine.Action]) {
        for action in actions {
            switch action {
            case .connect(let id, let hub): connect(id, configuration.hubs[hub])
            case .sayHello(let id): introduce(id)
            case .adopt(let id): active = id
            case .suspend: suspend()
            case .ping(let id, let number): ping(id, number)
            case .close(let id, let reason): close(id, reason)
            }
        }
    }

    private func connect(_ id: LinkMachine.ConnectionID, _ hub: UplinkConfiguration.Hub) {
        let this = NIOLoopBound(self, eventLoop: eventLoop)
        let shared = shared
        connector.connect(hub) {
            TrafficHandler {
                let count = UInt64($0)
                shared.update { $0.bytesReceived += count }
                this.value.heard(id)
            } sent: {
                let count = UInt64($0)
                shared.update { $0.bytesSent += count }
            }
        } handler: {
            FrameHandler(id, this.value)
        } began: {
            this.value.reached(id, $0)
        }
        .assumeIsolated().whenComplete { result in
            switch result {
            case .success: self.opened(id)
            case .failure(let error): self.failed(id, Self.words(for: error))
            }
        }
    }

    /// Says hello on the connections that waited for the lanes.
    func greet(_ states: [LaneState], at now: Duration) {
        for id in silent {
            guard channels[id] != nil else { continue }
            let named = Self.worthNaming(states.filter(isOurs), epoch: source.epoch.id)
            let version = link.helloVersion(id)
            greetings[id] = Greeting(states: named, version: version, sentAt: now)
            let summaries = named.map { state in
                Hello.LaneSummary(
                    lane: state.lane,
                    ordinal: state.ordinal,
                    node: state.node == source.node ? nil : state.node,
                    acknowledged: state.acknowledged,
                    last: state.last,
                    ceiling: state.ceiling
                )
            }
            // No hub is named: what it lacks of what it had acknowledged is offered to it again from the store, events
            // where they are still there and a gap where they are not, so it need not guess.
            let hello = Hello(
                version: version,
                node: source.node,
                storeID: source.storeID,
                epoch: source.epoch,
                hub: 0,
                lanes: summaries,
                primers: version >= 2 ? send.primers.primers.map(\.identifier.rawValue) : []
            )
            say(.hello(hello), on: id)
        }
        silent.removeAll()
    }

    /// Whether a lane is named where the hub checks by our certificate who we are: not one that was drained under another
    /// name than that certificate may have.
    private func isOurs(_ state: LaneState) -> Bool {
        configuration.own == nil || state.node == source.node || state.acknowledged < state.last
    }

    /// The same of a clock record: one of an epoch under another name is of use to what is left of that epoch only.
    func isOurs(_ clock: ClockAnnouncement, _ states: [LaneState]) -> Bool {
        configuration.own == nil || clock.node == source.node
            || states.contains { $0.lane.epoch == clock.epoch.id && isOurs($0) }
    }

    /// All lanes, or, where they are too many for a frame, those of now and those with something left, oldest first.
    private static func worthNaming(_ states: [LaneState], epoch: UInt64) -> [LaneState] {
        guard states.count > FrameLimits.lanes else { return states }
        let current = states.filter { $0.lane.epoch == epoch }
        let older = states.filter { $0.lane.epoch != epoch && $0.acknowledged < $0.last }
        return Array(older.prefix(max(0, FrameLimits.lanes - current.count)) + current.prefix(FrameLimits.lanes))
    }

    private func suspend() {
        active = nil
        send.end()
        lastPing = nil
    }

    private func close(_ id: LinkMachine.ConnectionID, _ reason: Bye.Reason?) {
        greetings[id] = nil
        silent.remove(id)
        defer {
            channels[id] = nil
            seals[id] = nil
        }
        guard let channel = channels[id] else { return }
        guard let reason else { return channel.close(promise: nil) }
        write(.bye(Bye(reason: reason, text: reason == .closing ? "the agent stops" : "")), on: id)
        let close = WebSocketFrame(
            fin: true,
            opcode: .connectionClose,
            maskKey: nextMask(),
            data: channel.allocator.buffer(integer: UInt16(1000))
        )
        channel.writeAndFlush(close).whenComplete { _ in channel.close(promise: nil) }
    }

    private func ping(_ id: LinkMachine.ConnectionID, _ number: UInt64) {
        guard channels[id] != nil else { return }
        lastPing = (number, now)
        if id == active {
            send.ping(number, at: now)
        } else {
            say(.ping(number), on: id)
        }
    }

    // MARK: Frames

    /// Sends as much as the window, the credit and the socket take.
    func pump(at now: Duration) {
        if let active { renewKey(of: active, at: now) }
        guard let active, let channel = channels[active] else { return }
        while channel.isWritable {
            var isEmpty = true
            while channel.isWritable, let frame = send.next(at: now) {
                write(frame, on: active)
                isEmpty = false
            }
            if send.wantsMarker {
                ping(active, link.ping(active, at: now))
                continue
            }
            if isEmpty { return }
            channel.flush()
        }
    }

    func write(_ frame: Frame, on id: LinkMachine.ConnectionID) {
        guard let channel = channels[id] else { return }
        do throws(SealFault) {
            write(try seals[id]?.message(frame) ?? frame.message, to: channel)
        } catch {
            // Keys are renewed long before; the connection's end is noticed as any other.
            logger.error("a frame could not be sealed", metadata: ["reason": "\(error)"])
            channel.close(promise: nil)
        }
    }

    func write(_ message: ByteBuffer, to channel: any Channel) {
        channel.write(WebSocketFrame(fin: true, opcode: .binary, maskKey: nextMask(), data: message), promise: nil)
    }

    /// At once.
    private func say(_ frame: Frame, on id: LinkMachine.ConnectionID) {
        write(frame, on: id)
        channels[id]?.flush()
    }

    func received(_ id: LinkMachine.ConnectionID, _ frame: Frame) {
        let now = now
        switch frame {
        case .welcome(let welcome): welcomed(id, welcome, at: now)
        case .bye(let bye): perform(link.bye(id, bye, at: now))
        case .ping(let number): say(.pong(number), on: id)
        case .pong(let number):
            guard id == active, let ping = lastPing, ping.number == number else { return }
            send.pong(number, sentAt: ping.at, at: now)
        case .ack, .reject, .credit, .primerLanded, .primerWanted, .primerRefused, .clockLanded:
            guard id == active else { return }
            answered(id, frame, at: now)
        case .hold(let text): link.held(id, text)
        case .hello, .lane, .batch, .gap, .part, .primer, .clock, .sealWanted, .contentKey, .sealOffer:
            perform(link.fault(id, "a frame that is not for an agent, or not now", at: now))
        }
    }

    private func welcomed(_ id: LinkMachine.ConnectionID, _ welcome: Welcome, at now: Duration) {
        guard let greeting = greetings[id], welcome.version <= greeting.version,
            welcome.landed.count == greeting.states.count
        else { return perform(link.fault(id, "a welcome that does not fit hello", at: now)) }
        greetings[id] = nil
        perform(link.welcomed(id, at: now))
        if active == id { begin(greeting, welcome, at: now) }
        // What was committed since hello is not among its lanes.
        wantLanes()
    }

    /// What the hub has is known: batches may flow.
    private func begin(_ greeting: Greeting, _ welcome: Welcome, at now: Duration) {
        hubID = welcome.hubID
        lastPing = nil
        logger.info("connected", metadata: ["hub": "\(link.hubName ?? "")", "hub_id": "\(String(hubID, radix: 16))"])
        let states = source.lanes(hubID)
        let effects = send.begin(
            greeting.states,
            acknowledged: Dictionary(states.map { ($0.lane, $0.acknowledged) }) { first, _ in first },
            welcome,
            roundTrip: now - greeting.sentAt,
            at: now
        )
        // A welcome says what has landed: that is an acknowledgement, too.
        if !effects.isEmpty { shared.acknowledged() }
        apply(effects)
    }

    private func answered(_ id: LinkMachine.ConnectionID, _ frame: Frame, at now: Duration) {
        let effects: [SendMachine.Effect]?
        switch frame {
        case .ack(let handle, let landed):
            effects = send.acknowledged(handle, landed, at: now)
            shared.acknowledged()
        case .reject(let handle, let rejection):
            logger.warning(
                "the hub does not take a batch",
                metadata: [
                    "first": "\(rejection.first)", "last": "\(rejection.last)", "reason": "\(rejection.reason)",
                    "text": "\(rejection.text)",
                ]
            )
            effects = send.rejected(handle, rejection, at: now)
        case .credit(let total):
            send.credited(total)
            effects = []
        case .primerLanded(let identifier):
            send.primer(identifier, .landed, at: now)
            effects = []
        case .primerWanted(let identifier):
            let name = PrimerIdentifier(rawValue: identifier)
            logger.notice("the hub asks for a primer", metadata: ["primer": "\(name)"])
            send.primer(identifier, .wanted, at: now)
            effects = []
        case .primerRefused(let identifier, let refusal):
            logger.warning(
                "the hub does not keep a primer: batches do without",
                metadata: ["reason": "\(refusal.reason)", "text": "\(refusal.text)"]
            )
            send.primer(identifier, .refused, at: now)
            effects = []
        case .clockLanded(let epoch, let ordinal): effects = send.clockLanded(epoch, ordinal, at: now)
        default: effects = []
        }
        guard let effects else { return perform(link.fault(id, "a lane that it was not told of", at: now)) }
        apply(effects)
    }

    private func apply(_ effects: [SendMachine.Effect]) {
        for effect in effects {
            switch effect {
            case .acknowledge(let lane, let landed): source.acknowledge(lane, landed, hubID)
            case .acknowledgeClock(let name): source.acknowledgeClock(name, hubID)
            case .giveUp(let gap):
                logger.error(
                    "events given up: the hub does not take them",
                    metadata: ["first": "\(gap.first)", "last": "\(gap.last)", "lane": "\(gap.lane)"]
                )
                source.giveUp(gap)
            }
        }
    }

    /// What went wrong, as a user would say it.
    static func words(for error: any Error) -> String {
        switch error {
        case ProxyFault.unreachable(let proxy, let error): return "the proxy \(proxy): \(words(for: error))"
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first { return words(for: first.error) }
            return "no such host: \(error.host)"
        case let error as IOError: return IOErrorWords.text(error.errnoCode)
        case let error as ChannelError:
            if case .connectTimeout = error { return "no answer" }
            if case .inappropriateOperationForState = error {
                return "what answers there speaks no WebSocket: if the hub has TLS, SLUICE_HUB begins with wss://"
            }
            return "\(error)"
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            return "TLS failed: the hub's certificate is for another host name than SLUICE_HUB has"
        case let error as PinFault:
            return """
                TLS failed: the hub's key is not one of SLUICE_HUB_PIN: it shows \(error.shown ?? "none"); if that is the \
                hub's new key, put it there
                """
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
            // The reason is in BoringSSL's error stack, which shows it as text only.
            guard "\(error)".contains("CERTIFICATE_VERIFY_FAILED") else { return "TLS failed: does TLS answer there?" }
            return """
                TLS failed: the hub's certificate is not trusted: is it from an authority that \
                SLUICE_HUB_CA_FILE names, and valid at what this machine's clock says?
                """
        default: return "\(error)"
        }
    }
}
