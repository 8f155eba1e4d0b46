// SPDX-License-Identifier: Apache-2.0

import Demo
import Testing

@Suite struct TelemetryTests {
    @Test func `each processor is a reading`() throws {
        let readings = ProcSensor.cpu.readings("cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1 2 3 4\nintr 5 6\n")
        #expect(readings.map(\.name) == ["cpu", "cpu0"])
        #expect(
            readings[1].json(number: 7, milliseconds: 1000)
                == #"{"ts":1000,"n":7,"user":1,"nice":2,"system":3,"idle":4}"#
        )
    }

    @Test func `memory is one reading of what matters`() {
        let readings = ProcSensor.memory.readings("MemTotal:  100 kB\nHugepagesize: 2048 kB\nMemFree:  40 kB\n")
        #expect(readings.map(\.fields) == [[.init("total_kb", "100"), .init("free_kb", "40")]])
    }

    @Test func `disks without loop and ram devices`() {
        let text = """
               7       0 loop0 1 0 8 0 0 0 0 0 0 0 0 0 0 0 0
             254       0 vda 100 5 2000 30 200 6 4000 70 0 90 110 0 0 0 0 12 13
            """
        #expect(
            ProcSensor.disk.readings(text) == [
                ProcReading(
                    name: "vda",
                    fields: [
                        .init("reads", "100"), .init("sectors_read", "2000"), .init("writes", "200"),
                        .init("sectors_written", "4000"), .init("busy_ms", "90"),
                    ]
                )
            ]
        )
    }

    @Test func `network interfaces below the two headings`() {
        let text = """
            Inter-|   Receive                                                |  Transmit
             face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls
                lo: 10 1 0 2 0 0 0 0 20 3 0 4 0 0 0 0
            """
        let reading = ProcSensor.network.readings(text).first
        #expect(reading?.name == "lo")
        #expect(reading?.fields.map(\.value) == ["10", "1", "2", "20", "3", "4"])
    }

    @Test func `a process may be called anything`() {
        let text = #"42 (a ") b) S 1 2 3 4 5 6 7 8 9 10 111 222 0 0 20 0 5 0 1000 2000 333 4 5"#
        let reading = ProcSensor.process.readings(text).first
        #expect(reading?.name == "42")
        #expect(
            reading?.fields.map(\.value) == [#""a \") b""#, "111", "222", "5", "333"]
        )
    }

    @Test(arguments: ProcSensor.allCases) func `text that says nothing has no readings`(_ sensor: ProcSensor) {
        #expect(sensor.readings("").isEmpty)
        #expect(sensor.readings("x\ny (\nz) (").isEmpty)
    }

    @Test(arguments: ProcSensor.allCases) func `this machine's own files make messages`(_ sensor: ProcSensor) throws {
        let source = ProcSource(sensor)
        let messages = try (0..<100).map { try #require(source.message($0)) }
        #expect(messages.filter { $0.topic == "alarms/\(sensor.rawValue)" }.count == 2)
        #expect(messages.filter { $0.topic.hasPrefix("telemetry/\(sensor.rawValue)/") }.count == 98)
        #expect(Set(messages.map(\.payload)).count == 100)
    }

    @Test func `names become topic levels`() {
        #expect(ProcReading(name: "a/b+c#d", fields: []).name == "a_b_c_d")
    }
}
