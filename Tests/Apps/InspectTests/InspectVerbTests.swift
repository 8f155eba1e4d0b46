// SPDX-License-Identifier: Apache-2.0

import Batching
import Demo
import Glibc
import Testing

/// The verb as a process: standard input, exit codes, messages.
@Suite(.timeLimit(.minutes(1))) struct InspectVerbTests {
    private func withFile(_ bytes: [UInt8], _ body: (String) async throws -> Void) async throws {
        var template = Array("/tmp/sluice-inspect-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { unlink(path) }
        let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        close(descriptor)
        try #require(count == bytes.count)
        try await body(path)
    }

    private func inspect(_ arguments: String, input: String = "/dev/null") async throws -> ChildProcess {
        let command = try "\(Programs.find("sluice")) inspect batch \(arguments) <\(input)"
        let child = try ChildProcess("/bin/sh", ["-c", command])
        try await child.exit(within: .seconds(30))
        return child
    }

    @Test func `a batch comes from a file or from standard input`() async throws {
        try await withFile(Samples.batch()) { path in
            let file = try await inspect("--json \(path)")
            #expect(file.status == .code(0))
            #expect(file.output.first?.hasPrefix(#"{"file":"\#(path)","version":1,"#) == true)
            let input = try await inspect("-", input: path)
            #expect(input.status == .code(0))
            let head = "standard input: \(Samples.batch().count) bytes, 20 events, "
            #expect(input.output.first?.hasPrefix(head) == true)
            let events = try await inspect("--events -", input: path)
            #expect(events.output.count == 20)
        }
    }

    @Test func `a missing primer ends with 3, with the primer all is well`() async throws {
        let primer = try Samples.primer()
        try await withFile(Samples.batch(on: primer)) { batch in
            let missing = try await inspect(batch)
            #expect(missing.status == .code(3))
            #expect(missing.errors.last?.hasPrefix("sluice: \(batch): builds on primer \(primer.identifier); ") == true)
            try await withFile(primer.bytes) { path in
                let found = try await inspect("--primer \(path) \(batch)")
                #expect(found.status == .code(0))
                #expect(found.output.contains("primer     \(primer.identifier)"))
            }
        }
    }

    @Test func `what is no batch ends with 1`() async throws {
        try await withFile(Array("hello".utf8)) { path in
            let child = try await inspect(path)
            #expect(child.status == .code(1))
            #expect(child.errors.last == "sluice: \(path): this program does not know batch version 6")
        }
    }
}
