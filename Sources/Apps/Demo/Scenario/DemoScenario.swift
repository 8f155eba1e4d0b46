// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// The demo: a hub and an agent as real processes, devices that publish, a link that is cut, an agent that is killed.
///
/// Every process is ended before ``run(live:)`` returns or throws.
package struct DemoScenario {
    /// From the stop of the devices on.
    private static let drainLimit: Duration = .seconds(20)

    private let options: DemoOptions
    private let group: any EventLoopGroup

    package init(_ options: DemoOptions, on group: any EventLoopGroup) {
        self.options = options
        self.group = group
    }

    package func run(live: LiveLine) async throws -> DemoReport {
        let site = try await DemoSite(
            forward: options.recording == nil ? "alarms/#=alarm,telemetry/#" : "#",
            on: group
        )
        do {
            let report = try await run(on: site, live)
            // After a bad end the stores stay for whoever looks for the reason.
            if report.isClean { site.remove() }
            return report
        } catch {
            await site.link.close()
            site.remove()
            throw error
        }
    }

    private func run(on site: DemoSite, _ live: LiveLine) async throws -> DemoReport {
        let devices = try devices(on: site)
        return try await withChild(try await site.startHub()) { hub in
            let agent = RestartableAgent(site)
            return try await agent.running {
                var play = DemoPlay(site: site, devices: devices, agent: agent, live: live)
                try await play.run(drainLimit: Self.drainLimit)
                try await agent.stop()
                try await site.export()
                try await hub.stop()
                let report = try await report(play, devices, site)
                await site.link.close()
                return report
            }
        }
    }

    private func devices(on site: DemoSite) throws -> DemoDevices {
        if let recording = options.recording {
            return try .replay(recording, port: site.mqttPort, rate: options.rate, on: group)
        }
        return .telemetry(port: site.mqttPort, rate: options.rate, on: group)
    }

    private func report(_ play: DemoPlay, _ devices: DemoDevices, _ site: DemoSite) async throws -> DemoReport {
        var judge = Judge(devices.devices.map(\.record))
        try judge.take(exportAt: site.exportPath)
        var report = DemoReport(verdict: judge.finish())
        let counts = try await site.link.counts()
        report.linkBytes = counts.up + counts.down
        report.deviceBytes = UInt64(devices.bytes)
        report.drainPerSecond = play.drain.perSecond
        report.drainBytesPerEvent = play.drain.bytesPerEvent
        report.backlogMaximum = play.backlogMaximum
        report.seconds = play.seconds
        report.remarks = play.remarks
        if devices.rejected > 0 { report.remarks.append("the agent refused \(devices.rejected) events for good") }
        if !report.isClean { report.remarks.append("stores, logs and export are kept in \(site.directory)") }
        return report
    }
}
