// SPDX-License-Identifier: Apache-2.0

import Events
import FoundationEssentials
import Testing

@Suite struct CorpusTests {
    /// Bytes an event that each recording may cost, with room for other versions of zstd.
    static let bounds: [(name: String, bytesPerEvent: Double)] = [
        ("meter", 9), ("nab_cloud", 9.5), ("nab_ind", 8.3), ("can_json", 7.6), ("can_bin", 4.6), ("gps", 12.5),
        ("air_lp", 8), ("ais", 30),
    ]

    @Test(
        .enabled(if: Corpus.isPresent, "no recordings beside the package; set CORPORA_DIR"),
        arguments: bounds.indices
    )
    func `recordings come back byte for byte, few bytes an event, in full batches`(index: Int) throws {
        let (name, bound) = Self.bounds[index]
        let block = try Corpus.load(name)
        let packed = try expectRoundTrip(block, limit: 1_200, "\(name)")
        let full = packed.batches.dropLast()
        let bytes = full.reduce(0) { $0 + $1.count }
        let bytesPerEvent = Double(bytes) / Double(packed.counts.dropLast().reduce(0, +))
        #expect(bytesPerEvent <= bound, "\(name)")
        #expect(Double(bytes) >= 0.95 * 1_200 * Double(full.count), "\(name)")
    }
}

/// The recordings that lie beside the package.
enum Corpus {
    private struct Line: Decodable {
        var topic: String
        var ts_ms: Int64
        var payload: String?
        var payload_b64: Data?
    }

    static var directory: String {
        if let given = ProcessInfo.processInfo.environment["CORPORA_DIR"] { return given }
        return "/" + #filePath.split(separator: "/").dropLast(5).joined(separator: "/") + "/shared/corpora"
    }

    static var isPresent: Bool { FileManager.default.fileExists(atPath: directory + "/meter.jsonl") }

    static func load(_ name: String) throws -> EventBlock {
        let text = try Data(contentsOf: URL(filePath: "\(directory)/\(name).jsonl"))
        var block = EventBlock()
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let line = try JSONDecoder().decode(Line.self, from: line)
            block.append(
                sequence: UInt64(block.count) + 1,
                timestamp: line.ts_ms,
                topic: line.topic,
                payload: line.payload.map { Array($0.utf8) } ?? line.payload_b64.map(Array.init) ?? []
            )
        }
        return block
    }
}
