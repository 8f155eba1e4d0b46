// SPDX-License-Identifier: Apache-2.0

package import Batching
import Events
package import NIOCore
package import Storage
package import UplinkFrames

/// The hub's side of one connection with an agent: frames, completions and time in, actions out.
///
/// ```
/// awaitingHello --hello--> introduced --admitted, greeted--> serving --stop--> stopping
///       '-----------------------'---- fault, bye, fence, silence ----'------------'--> closed
/// ```
/// Pure: `AgentConnectionHandler` does what it says. Each method returns the actions in the order in which they are
/// to be done.
package struct AgentConnectionMachine: Sendable {
    package struct Settings: Sendable {
        package var hubID: UInt64
        package var hubEpoch: UInt64
        /// Bytes that the agent may send beyond what has landed.
        package var credit: UInt64
        package var maximumEventBytes: UInt64
        /// An agent that sends no byte for this long is gone.
        package var linkTimeout: TimeAmount
        /// Bytes of the longest primer that is taken.
        package var maximumPrimerBytes = 256 << 10
        package var helloTimeout: TimeAmount = .seconds(10)
        /// Nodes that the agent's certificate is for; nil where certificates are not asked for.
        package var certifiedNodes: [String]?
        /// While something waits for the disk, the agent hears from the hub this often.
        package var reassurance: TimeAmount = .seconds(1)
        /// Decoded bytes in memory beyond which no more is read.
        package var maximumHeldBytes = 32 << 20

        package init(
            hubID: UInt64,
            hubEpoch: UInt64,
            credit: UInt64,
            maximumEventBytes: UInt64,
            linkTimeout: TimeAmount
        ) {
            self.hubID = hubID
            self.hubEpoch = hubEpoch
            self.credit = credit
            self.maximumEventBytes = maximumEventBytes
            self.linkTimeout = linkTimeout
        }
    }

    package enum Action: Sendable, Equatable {
        case send(Frame)
        /// Ask the registry whether this connection may speak for the node.
        case introduce(AgentIntroduction)
        /// Tell the log of the agent and answer with ``AgentConnectionMachine/greeted(_:at:)``.
        case greet(AgentIntroduction)
        /// Greet again a little later.
        case greetLater
        /// Hand this to the log and answer with ``AgentConnectionMachine/completed(_:_:)``.
        case land(LandingOrder)
        /// Call ``AgentConnectionMachine/retry(at:)`` a little later.
        case retryLater
        case note(AgentIntroduction.LaneSummary)
        /// The log has this primer: batches that name it can be opened.
        case know(PrimerIdentifier, bytes: [UInt8])
        /// Tell the registry whether anybody was there.
        case probed(isAlive: Bool)
        case pauseReading
        case resumeReading
        /// Send what waits to be sent, then close.
        case close
        /// Close: nobody is there.
        case drop
        /// The connection is over and nothing of it is in the log's hands: tell the registry.
        case settled
    }

    enum Phase: Equatable {
        case awaitingHello
        case introduced
        case serving
        case stopping
        case closed
    }

    /// A lane that the agent named, by handle.
    struct NamedLane {
        var lane: Lane
        var node: String
        var ordinal: UInt64
    }

    struct Probe {
        var number: UInt64
        var wasHeard = false
    }

    let settings: Settings
    var phase: Phase = .awaitingHello
    var introduction: AgentIntroduction?
    /// Of the frames, as hello said.
    var version = Hello.currentVersion
    /// True between ``Action/greet(_:)`` and its answer.
    var isGreeting = false
    var isSettled = false
    var lanes: [NamedLane] = []
    var assembler: PartAssembler
    var probe: Probe?

    // What waits for the log.
    var lastTicket: UInt64 = 0
    var handed: [UInt64: LandingOrder] = [:]
    /// Given back by a log in trouble, or kept behind what was, to be handed over once more in order.
    var waiting: [LandingOrder] = []
    var retryIsDue = false
    var heldBytes = 0
    /// Landed since the last acknowledgement, by handle.
    var unacknowledged: [UInt32: SequenceSet] = [:]
    var wanted = WantedPrimers()

    // Credit, in bytes since the connection began.
    var received: UInt64 = 0
    var consumed: UInt64 = 0
    /// Received parts of an unfinished frame: they extend the credit, or a frame larger than it could never arrive.
    var assembling: UInt64 = 0
    var granted: UInt64

    // Time.
    let opened: NIODeadline
    var lastHeard: NIODeadline
    var lastPinged: NIODeadline
    var lastSent: NIODeadline
    var pings: UInt64 = 0

    var isWritable = true
    var isReading = true
    private var actions: [Action] = []

    package init(_ settings: Settings, at now: NIODeadline) {
        self.settings = settings
        granted = settings.credit
        // Attributes, header and handle come on top of what users count.
        assembler = PartAssembler(maximumBytes: FrameLimits.frameBytes)
        opened = now
        lastHeard = now
        lastPinged = now
        lastSent = now
    }

    /// Whether nothing more will be taken from the agent.
    package var isClosed: Bool { phase == .closed }

    /// The agent's name, once it has said it.
    package var node: String? { introduction?.node }

    /// Why nothing lands at present, as the log said.
    package internal(set) var trouble: StoreError?
    /// What the agent was told of it.
    var toldTrouble: String?

    // MARK: What the agent says

    /// Takes one frame.
    ///
    /// - Parameters:
    ///   - size: bytes of the frame as it travelled.
    ///   - open: decodes a batch; called at most once, before the method returns.
    package mutating func receive(
        _ frame: Frame,
        size: Int,
        at now: NIODeadline,
        open: ([UInt8]) -> OpenedBatch
    ) -> [Action] {
        heard(at: now)
        switch phase {
        case .awaitingHello: hello(frame)
        case .introduced: beforeWelcome(frame)
        case .serving: serve(frame, size: UInt64(size), open: open)
        case .stopping, .closed: break
        }
        return take(at: now)
    }

    /// Bytes that are no frame, or a frame out of place.
    package mutating func malformed(_ text: String, at now: NIODeadline) -> [Action] {
        fault(text)
        return take(at: now)
    }

    /// Bytes that are no frame of this version, or no frame at all.
    package mutating func malformed(_ fault: FrameFault, at now: NIODeadline) -> [Action] {
        refuse(fault)
        return take(at: now)
    }

    /// Any byte counts as a sign of life.
    package mutating func heard(at now: NIODeadline) {
        lastHeard = now
        probe?.wasHeard = true
    }

    /// The transport is gone.
    package mutating func disconnected(at now: NIODeadline) -> [Action] {
        end()
        return take(at: now)
    }

    package mutating func writable(_ isWritable: Bool, at now: NIODeadline) -> [Action] {
        self.isWritable = isWritable
        if isWritable { acknowledge() }
        return take(at: now)
    }

    // MARK: What the hub decides

    /// The registry gave this connection the node.
    package mutating func admitted(at now: NIODeadline) -> [Action] {
        if phase == .introduced, !isGreeting, let introduction {
            isGreeting = true
            push(.greet(introduction))
        }
        return take(at: now)
    }

    /// Another live agent has the node name.
    package mutating func refused(at now: NIODeadline) -> [Action] {
        let text = """
            another agent is connected as node \(node ?? ""): if this is a copy of its store, give this one a name of \
            its own with SLUICE_NODE, or stop the other
            """
        finish(.nodeNameInUse, text)
        return take(at: now)
    }

    /// A newer connection of the same node took over: what has not been handed to the log will come by that one.
    package mutating func fenced(at now: NIODeadline) -> [Action] {
        finish(.superseded, "a newer connection of node \(node ?? "") took over")
        return take(at: now)
    }

    /// The agent's certificate counts no more.
    package mutating func revoked(at now: NIODeadline) -> [Action] {
        let text = """
            the certificate of node \(node ?? "") was revoked: give it another (`sluice keys enrol` with a token of \
            `sluice-hub ca token`)
            """
        finish(.notAuthorised, text)
        return take(at: now)
    }

    /// The hub shuts down: what was read is landed and acknowledged, then the connection ends.
    package mutating func stop(at now: NIODeadline) -> [Action] {
        switch phase {
        case .awaitingHello, .introduced: finish(.closing, "the hub is shutting down")
        case .serving:
            phase = .stopping
            dropWaiting()
            concludeIfDone()
        case .stopping, .closed: break
        }
        return take(at: now)
    }

    /// Finds out whether the agent is still there, because somebody else wants the node.
    package mutating func probe(at now: NIODeadline) -> [Action] {
        guard phase != .closed else { return take(at: now) }
        pings += 1
        probe = Probe(number: pings)
        push(.send(.ping(pings)))
        return take(at: now)
    }

    /// The time to answer a probe is over.
    package mutating func probeEnded(at now: NIODeadline) -> [Action] {
        if let probe {
            self.probe = nil
            push(.probed(isAlive: probe.wasHeard && phase != .closed))
        }
        return take(at: now)
    }

    // MARK: Shared by all that happens

    mutating func push(_ action: Action) {
        actions.append(action)
    }

    /// Ends with words for the agent.
    mutating func finish(_ reason: Bye.Reason, _ text: String) {
        guard phase != .closed else { return }
        push(.send(.bye(Bye(reason: reason, text: text))))
        push(.close)
        end()
    }

    /// What a newer agent says is not its fault: told so, it comes back in an older version.
    mutating func refuse(_ fault: FrameFault) {
        if case .unsupported = fault {
            finish(.versionUnsupported, "\(fault.text): versions \(Hello.versions) are spoken here")
        } else {
            self.fault(fault.text)
        }
    }

    mutating func fault(_ text: String) {
        finish(.protocolFault, text)
    }

    /// Takes no more; what the log has will still be answered.
    mutating func end() {
        phase = .closed
        dropWaiting()
        unacknowledged.removeAll()
    }

    /// What the log gave back stays with the agent, which was not told that it has landed.
    private mutating func dropWaiting() {
        for order in waiting { heldBytes -= order.weight }
        waiting.removeAll()
    }

    /// What is to be done, with what follows from it.
    mutating func take(at now: NIODeadline) -> [Action] {
        if phase == .closed, handed.isEmpty, !isGreeting, !isSettled {
            isSettled = true
            push(.settled)
        }
        let mayRead = isWritable && received <= granted && heldBytes <= settings.maximumHeldBytes
        if phase != .closed, mayRead != isReading {
            isReading = mayRead
            push(mayRead ? .resumeReading : .pauseReading)
        }
        for case .send in actions {
            lastSent = now
            break
        }
        defer { actions.removeAll(keepingCapacity: true) }
        return actions
    }
}
