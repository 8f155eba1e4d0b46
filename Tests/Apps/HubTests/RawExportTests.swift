// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import Glibc
import Hub
import Logging
import Storage
import Testing

@Suite(.timeLimit(.minutes(1))) struct RawExportTests {
    private static func events(_ range: ClosedRange<UInt64>) -> EventBlock {
        var block = EventBlock()
        for sequence in range {
            block.append(
                sequence: sequence,
                timestamp: Int64(sequence) * 1_000,
                topic: "site/\(sequence % 2)",
                payload: Array("{\"v\":\(sequence)}".utf8)
            )
        }
        return block
    }

    private func withDirectory(_ body: (String) async throws -> Void) async throws {
        var template = Array("/tmp/sluice-raw-XXXXXX".utf8CString)
        let directory = String(cString: try #require(mkdtemp(&template)))
        try await body(directory)
        for part in ["hub", "raw", "pump"] {
            for name in names("\(directory)/\(part)") { unlink("\(directory)/\(part)/\(name)") }
            rmdir("\(directory)/\(part)")
        }
        #expect(rmdir(directory) == 0)
    }

    private func names(_ directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    private func contents(_ path: String) -> [UInt8] {
        let descriptor = open(path, O_RDONLY)
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = read(descriptor, &bytes, bytes.count)
        return Array(bytes.prefix(max(0, count)))
    }

    /// Lands two batches of two nodes, one on a primer, and returns the primer and its batch.
    private func fill(_ directory: String) async throws -> (Primer, [UInt8]) {
        var generator = SystemRandomNumberGenerator()
        let log = try HubLog.open(
            HubLogConfiguration(directory: directory),
            randomID: { generator.next() },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        var trainer = PrimerTrainer(limit: 2_000)
        trainer.observe(Self.events(1...40), 0..<40)
        let primer = try #require(trainer.makePrimer())
        let kept = await withCheckedContinuation { continuation in
            log.keep(primer, node: "pump") { continuation.resume(returning: $0) }
        }
        #expect(try kept.get() == .landed)
        let batch = try await land(1...30, primer, node: "pump", log)
        _ = try await land(1...5, nil, node: "../e 1%", log)
        await log.close()
        return (primer, batch)
    }

    private func land(
        _ range: ClosedRange<UInt64>,
        _ primer: Primer?,
        node: String,
        _ log: HubLog
    ) async throws -> [UInt8] {
        let block = Self.events(range)
        var encoder = BatchEncoder(limit: 60_000, primer: primer)
        var bytes: [UInt8] = []
        #expect(encoder.encode(block, from: 0, into: &bytes) == block.count)
        let batch = bytes
        let lane = Lane(epoch: 0xA1, partition: Partition(number: 1))
        let result = await withCheckedContinuation { continuation in
            log.land(node: node, lane: lane, batch: batch, block: block) { continuation.resume(returning: $0) }
        }
        #expect(try result.get().new == block.count)
        return batch
    }

    @Test func `batches and primers become files, and a node's name leads nowhere`() async throws {
        try await withDirectory { directory in
            let (primer, batch) = try await fill("\(directory)/hub")
            let reader = try HubLog.openReader(directory: "\(directory)/hub")
            var all = try RawExport(directory: "\(directory)/raw", node: nil)
            try all.write(reader, after: 0)
            let name = "pump-00000000000000a1-1-1.batch"
            #expect(
                names("\(directory)/raw") == [
                    "%2E.%2Fe%201%25-00000000000000a1-1-1.batch", name, "pump-\(primer.identifier).primer",
                ]
            )
            #expect(all.batches == 2 && all.primers == 1)
            #expect(contents("\(directory)/raw/\(name)") == batch)
            #expect(contents("\(directory)/raw/pump-\(primer.identifier).primer") == primer.bytes)
            var one = try RawExport(directory: "\(directory)/pump", node: "pump")
            try one.write(reader, after: 0)
            #expect(names("\(directory)/pump") == [name, "pump-\(primer.identifier).primer"])
            var rest = try RawExport(directory: "\(directory)/pump", node: nil)
            try rest.write(reader, after: 2)
            #expect(rest.batches == 0)
        }
    }

    @Test func `a directory that cannot be made is named`() throws {
        let fault = #expect(throws: RawExport.Failure.self) { _ = try RawExport(directory: "/proc/none/x", node: nil) }
        #expect(fault?.description.hasPrefix("cannot write /proc/none/x: ") == true)
    }
}
