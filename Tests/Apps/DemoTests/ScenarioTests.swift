// SPDX-License-Identifier: Apache-2.0

import Demo
import Testing

@Suite struct ScenarioTests {
    @Test func `a drain is measured from its height to its end, with what came in meanwhile`() throws {
        var meter = DrainMeter()
        meter.sample(backlog: 900, taken: 0, at: .seconds(1))
        meter.sample(backlog: 1000, taken: 100, linkBytes: 500, at: .seconds(2))
        meter.sample(backlog: 500, taken: 150, at: .seconds(3))
        #expect(meter.perSecond == nil)
        meter.sample(backlog: 50, taken: 200, linkBytes: 11_000, at: .seconds(4))
        #expect(meter.isFinished)
        meter.sample(backlog: 5000, taken: 9000, at: .seconds(5))
        #expect(try #require(meter.perSecond) == 525)
        #expect(try #require(meter.bytesPerEvent) == 10)
    }

    @Test func `no backlog is no drain`() {
        var meter = DrainMeter()
        meter.sample(backlog: 0, taken: 0, at: .seconds(1))
        meter.sample(backlog: 0, taken: 10, at: .seconds(2))
        #expect(meter.perSecond == nil)
    }

    @Test func `live telemetry goes by the clock`() {
        #expect(!DemoStep.cut.isDue(elapsed: .milliseconds(4999), sinceLast: .seconds(4), share: nil))
        #expect(DemoStep.cut.isDue(elapsed: .seconds(5), sinceLast: .seconds(5), share: nil))
        let times = DemoStep.allCases.map(\.time)
        #expect(times == times.sorted())
    }

    @Test func `a recording goes by what is acknowledged, never too fast`() {
        #expect(!DemoStep.restore.isDue(elapsed: .seconds(2), sinceLast: .milliseconds(900), share: 1))
        #expect(DemoStep.restore.isDue(elapsed: .seconds(2), sinceLast: .seconds(1), share: 0.6))
        #expect(!DemoStep.restore.isDue(elapsed: .seconds(2), sinceLast: .seconds(1), share: 0.5))
        #expect(DemoStep.restore.isDue(elapsed: .seconds(17), sinceLast: .seconds(7), share: 0.5))
        #expect(!DemoStep.stop.isDue(elapsed: .seconds(30), sinceLast: .seconds(7), share: 0.9))
        #expect(DemoStep.stop.isDue(elapsed: .seconds(35), sinceLast: .seconds(7), share: 0.9))
    }

    @Test func `the JSON line has the keys that scripts read, in order`() {
        var verdict = Verdict()
        verdict.published = 100
        verdict.acknowledged = 99
        verdict.resentByDevices = 2
        verdict.landed = 102
        var report = DemoReport(verdict: verdict)
        report.linkBytes = 1020
        report.deviceBytes = 20_000
        report.drainPerSecond = 1234.5
        report.backlogMaximum = 50
        report.seconds = 12.34
        #expect(
            report.json == """
                {"published":100,"acknowledged":99,"resent_by_devices":2,"landed":102,"lost":0,"duplicated":0,\
                "out_of_order":0,"link_bytes_per_event":10.00,"mqtt_bytes_per_event":200.00,\
                "drain_events_per_s":1235,"backlog_max":50,"seconds":12.3}
                """
        )
        #expect(report.isClean)
        #expect(report.table.contains("20.0 times as many"))
    }

    @Test func `a loss, a duplicate, a swap or a change is no clean end`() {
        for path in [\Verdict.lost, \.duplicated, \.outOfOrder, \.foreign] {
            var verdict = Verdict()
            verdict[keyPath: path] = 1
            let report = DemoReport(verdict: verdict)
            #expect(!report.isClean)
            #expect(report.table.contains("NOT every"))
        }
    }

    @Test func `a glimpse reads what the agent answers`() throws {
        let glimpse = try #require(
            AgentGlimpse(
                line: """
                    {"state":"draining","node":"n","epoch":null,"hub":"h:1","backlog_events":12,"backlog_bytes":3400,\
                    "oldest_s":1.5,"hub_ack_age_s":0.2,"hours_left":41.25,"gaps":[{"class":"bulk","events":1}]}
                    """
            )
        )
        #expect(glimpse.state == "draining")
        #expect(glimpse.backlogEvents == 12)
        #expect(glimpse.hoursLeft == 41.25)
        #expect(glimpse.hubAckAgeSeconds == 0.2)
        #expect(AgentGlimpse(line: "nonsense") == nil)
    }

    @Test func `the live line says when nobody answers`() {
        var moment = LiveLine.Moment()
        moment.phase = "agent killed"
        moment.linkBytes = 2048
        #expect(LiveLine.text(moment) == "0.0 s | agent killed | published 0 | agent does not answer | link 2.0 KiB")
    }
}
