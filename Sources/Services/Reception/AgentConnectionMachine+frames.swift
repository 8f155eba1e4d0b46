// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import Storage
import UplinkFrames

extension AgentConnectionMachine {
    /// The first frame.
    mutating func hello(_ frame: Frame) {
        guard case .hello(let hello) = frame else { return fault("the first frame is not hello") }
        guard hello.epoch.id != 0 else { return fault("hello without an epoch") }
        let isOurs = hello.hub == settings.hubID
        let summaries = hello.lanes.map { summary in
            AgentIntroduction.LaneSummary(
                lane: summary.lane,
                ordinal: summary.ordinal,
                node: summary.node ?? hello.node,
                acknowledged: isOurs ? summary.acknowledged : 0,
                last: summary.last,
                ceiling: summary.ceiling
            )
        }
        guard Self.isNodeName(hello.node), summaries.allSatisfy({ Self.isNodeName($0.node) }) else {
            return fault("hello with a node name that is empty, longer than 255 bytes, or holds a NUL")
        }
        guard summaries.allSatisfy({ max($0.acknowledged, $0.last, $0.ceiling) < UInt64(Int64.max) }) else {
            return fault("hello with sequences beyond 63 bits")
        }
        guard Set(summaries.map(\.lane)).count == summaries.count else { return fault("hello names a lane twice") }
        if let stranger = ([hello.node] + summaries.map(\.node)).first(where: { !mayBe($0) }) {
            return refuse(node: stranger)
        }
        lanes = summaries.map { NamedLane(lane: $0.lane, node: $0.node, ordinal: $0.ordinal) }
        let introduction = AgentIntroduction(
            node: hello.node,
            storeID: hello.storeID,
            epoch: hello.epoch,
            lanes: summaries,
            primers: hello.primers.map { PrimerIdentifier(rawValue: $0) }
        )
        // What both speak: a newer agent goes on in the version of this hub.
        version = min(hello.version, Hello.currentVersion)
        self.introduction = introduction
        phase = .introduced
        push(.introduce(introduction))
    }

    /// Whether the agent's certificate, where one is asked for, is for a node.
    func mayBe(_ node: String) -> Bool { settings.certifiedNodes?.contains(node) ?? true }

    private mutating func refuse(node: String) {
        let names = settings.certifiedNodes ?? []
        let text = """
            its certificate is for \(names.isEmpty ? "no node" : names.joined(separator: ", ")), not for node \(node): \
            give it a certificate with that name in it, or set SLUICE_NODE
            """
        finish(.notAuthorised, text)
    }

    /// What the log takes as a name.
    private static func isNodeName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 255 && !name.utf8.contains(0)
    }

    /// Between hello and welcome only life signs and farewells are in place.
    mutating func beforeWelcome(_ frame: Frame) {
        switch frame {
        case .ping(let number): push(.send(.pong(number)))
        case .pong(let number): pong(number)
        case .bye: leave()
        case .hello, .welcome, .lane, .batch, .gap, .part, .ack, .reject, .credit, .primer, .primerLanded,
            .primerWanted, .primerRefused, .clock, .clockLanded, .hold, .contentKey, .sealWanted, .sealOffer:
            fault("a frame before welcome that may only follow it")
        }
    }

    mutating func serve(_ frame: Frame, size: UInt64, open: ([UInt8]) -> OpenedBatch) {
        switch frame {
        case .batch, .gap, .primer, .clock:
            received += size
            carry(frame, cost: size, open: open)
        case .part(let part): add(part, size: size, open: open)
        case .lane(let opening): name(opening)
        case .ping(let number): push(.send(.pong(number)))
        case .pong(let number): pong(number)
        case .bye: leave()
        case .hello: fault("a second hello")
        case .welcome, .ack, .reject, .credit, .primerLanded, .primerWanted, .primerRefused, .clockLanded, .hold:
            fault("a frame that only a hub sends")
        case .contentKey, .sealWanted, .sealOffer: fault("a frame of sealing out of place")
        }
    }

    /// Takes a frame whose bytes count against the credit until it has landed.
    private mutating func carry(_ frame: Frame, cost: UInt64, open: ([UInt8]) -> OpenedBatch) {
        switch frame {
        case .batch(let handle, let bytes): batch(handle, bytes, cost: cost, open: open)
        case .gap(let handle, let notice): gap(handle, notice, cost: cost)
        case .primer(let identifier, let bytes): publish(identifier, bytes, cost: cost)
        case .clock(let notice): clock(notice, cost: cost)
        default:
            consumed += cost
            serve(frame, size: 0, open: open)
        }
    }

    private mutating func add(_ part: Part, size: UInt64, open: ([UInt8]) -> OpenedBatch) {
        received += size
        if part.offset == 0 {
            // The agent gave an unfinished frame up, and its bytes hold nothing here any more.
            consumed += assembling
            assembling = 0
        }
        assembling += size
        let whole: Frame?
        do throws(FrameFault) {
            whole = try assembler.add(part)
        } catch {
            return refuse(error)
        }
        guard let whole else { return extendCredit() }
        // Whoever checks names looks at what comes in one piece.
        guard whole.claimedNodes.isEmpty else { return fault("a frame in parts that names a node") }
        let cost = assembling
        assembling = 0
        carry(whole, cost: cost, open: open)
    }

    private mutating func name(_ opening: LaneOpening) {
        let handle = Int(opening.handle)
        if handle < lanes.count {
            guard lanes[handle].lane == opening.lane else { return fault("lane handle \(handle) is another lane's") }
        } else {
            guard handle == lanes.count else { return fault("lane handle \(handle) where \(lanes.count) is next") }
            guard handle < FrameLimits.lanes else { return fault("more than \(FrameLimits.lanes) lanes") }
            guard opening.ceiling < UInt64(Int64.max) else { return fault("a ceiling beyond 63 bits") }
            guard !lanes.contains(where: { $0.lane == opening.lane }) else { return fault("a lane named twice") }
            lanes.append(NamedLane(lane: opening.lane, node: node ?? "", ordinal: opening.ordinal))
        }
        let lane = lanes[handle]
        push(
            .note(
                AgentIntroduction.LaneSummary(
                    lane: lane.lane,
                    ordinal: lane.ordinal,
                    node: lane.node,
                    acknowledged: 0,
                    last: 0,
                    ceiling: opening.ceiling
                )
            )
        )
    }

    private mutating func pong(_ number: UInt64) {
        guard let asked = probe, asked.number == number else { return }
        probe = nil
        push(.probed(isAlive: true))
    }

    /// The agent said why it goes.
    private mutating func leave() {
        push(.close)
        end()
    }

    private mutating func batch(_ handle: UInt32, _ bytes: [UInt8], cost: UInt64, open: ([UInt8]) -> OpenedBatch) {
        guard lanes.indices.contains(Int(handle)) else { return fault("a batch of lane \(handle), which has no name") }
        guard !wanted.lanes.contains(handle) else {
            consumed += cost
            return extendCredit()
        }
        let lane = lanes[Int(handle)]
        switch open(bytes) {
        case .events(let block):
            submit(.batch(handle: handle, lane.lane, bytes: bytes, block: block), node: lane.node, cost: cost)
        case .primerWanted(let identifier, let range):
            consumed += cost
            if version >= 2 {
                want(identifier, handle: handle)
            } else {
                let text = "builds on primer \(identifier)"
                let rejection = Rejection(
                    first: range.lowerBound,
                    last: range.upperBound,
                    reason: .primerWanted,
                    text: text
                )
                push(.send(.reject(handle: handle, rejection)))
            }
            extendCredit()
        case .refused(let rejection):
            // Answered, so it holds no credit: the lane goes on behind it.
            consumed += cost
            push(.send(.reject(handle: handle, rejection)))
            extendCredit()
        case .unreadable(let text): fault("a batch whose header is not readable: \(text)")
        }
    }

    private mutating func clock(_ notice: ClockNotice, cost: UInt64) {
        guard version >= 3 else { return fault("a clock record in version \(version)") }
        let name = notice.node ?? node ?? ""
        guard Self.isNodeName(name), notice.epoch.id != 0 else { return fault("a clock record of nobody's epoch") }
        guard mayBe(name) else { return refuse(node: name) }
        let clock = ClockAnnouncement(node: name, epoch: notice.epoch, record: notice.record)
        submit(.clock(clock, store: introduction?.storeID ?? 0), node: name, cost: cost)
    }

    private mutating func gap(_ handle: UInt32, _ notice: GapNotice, cost: UInt64) {
        guard lanes.indices.contains(Int(handle)) else { return fault("a gap of lane \(handle), which has no name") }
        guard notice.first > 0, notice.first <= notice.last, notice.last < UInt64(Int64.max) else {
            return fault("a gap from \(notice.first) to \(notice.last)")
        }
        let gap = Gap(
            lane: lanes[Int(handle)].lane,
            first: notice.first,
            last: notice.last,
            reason: notice.reason,
            endKnown: notice.endKnown
        )
        submit(.gap(handle: handle, gap), node: lanes[Int(handle)].node, cost: cost)
    }
}

extension FrameFault {
    /// For the log and the agent.
    var text: String {
        switch self {
        case .malformed(let text): "malformed: \(text)"
        case .unsupported(let text): "unsupported: \(text)"
        case .tooLarge(let text): "too large: \(text)"
        }
    }
}
