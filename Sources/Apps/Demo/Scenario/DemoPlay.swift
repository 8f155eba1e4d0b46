// SPDX-License-Identifier: Apache-2.0

/// One run of the steps: devices publish while link and agent go through them.
struct DemoPlay {
    private static let glance: Duration = .milliseconds(20)
    /// A drain is over fast.
    private static let closeLook: Duration = .milliseconds(4)

    private let site: DemoSite
    private let devices: DemoDevices
    private let agent: RestartableAgent
    private var live: LiveLine
    private let began = ContinuousClock.now
    private var phase = "publishing"
    private var isRestored = false

    private(set) var drain = DrainMeter()
    private(set) var backlogMaximum: UInt64 = 0
    private(set) var remarks: [String] = []

    init(site: DemoSite, devices: DemoDevices, agent: RestartableAgent, live: LiveLine) {
        self.site = site
        self.devices = devices
        self.agent = agent
        self.live = live
    }

    /// Since the devices started.
    var seconds: Double { elapsed / .seconds(1) }

    private var elapsed: Duration { ContinuousClock.now - began }

    /// Goes through all steps, then waits until everything acknowledged has landed.
    mutating func run(drainLimit: Duration) async throws {
        let devices = devices
        try await withThrowingTaskGroup(of: Void.self) { publishers in
            for device in devices.devices { publishers.addTask { try await device.run() } }
            defer { publishers.cancelAll() }
            try await goThroughSteps()
            try await waitForTheRest(drainLimit)
        }
        live.finish()
    }

    private mutating func goThroughSteps() async throws {
        var last = ContinuousClock.now
        for step in DemoStep.allCases {
            while !step.isDue(elapsed: elapsed, sinceLast: ContinuousClock.now - last, share: devices.share) {
                try await look()
            }
            phase = step.phase
            try await perform(step)
            last = .now
        }
    }

    private mutating func perform(_ step: DemoStep) async throws {
        switch step {
        case .cut: try await site.link.set(.silent)
        case .kill: try await agent.kill()
        case .start: try await agent.start()
        case .restore:
            isRestored = true
            // A small backlog is gone before the next look at it.
            if let glimpse = AgentGlimpse.ask(socket: site.socketPath) {
                measureDrain(glimpse, linkBytes: try await linkBytes())
            }
            try await site.link.set(.pass)
        case .reset: try await site.link.reset()
        case .stop: devices.stop()
        }
    }

    private mutating func waitForTheRest(_ limit: Duration) async throws {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            let glimpse = try await look()
            if devices.published == devices.acknowledged + devices.rejected, let glimpse, glimpse.backlogEvents == 0 {
                return
            }
        }
        remarks.append("the backlog was not empty after \(limit): what follows counts what landed by then")
        remarks.append(await agent.tail)
    }

    /// Waits a moment, asks the agent how it is, and shows it.
    @discardableResult
    private mutating func look() async throws -> AgentGlimpse? {
        try await Task.sleep(for: isRestored && !drain.isFinished ? Self.closeLook : Self.glance)
        let glimpse = AgentGlimpse.ask(socket: site.socketPath)
        let linkBytes = try await linkBytes()
        if let glimpse {
            backlogMaximum = max(backlogMaximum, glimpse.backlogEvents)
            if isRestored { measureDrain(glimpse, linkBytes: linkBytes) }
        }
        var moment = LiveLine.Moment()
        moment.seconds = seconds
        moment.phase = phase
        moment.published = devices.published
        moment.glimpse = glimpse
        moment.linkBytes = linkBytes
        live.show(moment)
        return glimpse
    }

    private mutating func measureDrain(_ glimpse: AgentGlimpse, linkBytes: UInt64) {
        drain.sample(
            backlog: glimpse.backlogEvents,
            taken: devices.acknowledged,
            linkBytes: linkBytes,
            at: elapsed
        )
    }

    /// Application bytes on the link so far, both ways.
    private func linkBytes() async throws -> UInt64 {
        let counts = try await site.link.counts()
        return counts.up + counts.down
    }
}
