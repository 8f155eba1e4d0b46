// SPDX-License-Identifier: Apache-2.0

package import Events
import FoundationEssentials

/// The recordings that lie beside the package.
package enum Corpus {
    private struct Line: Decodable {
        var topic: String
        var ts_ms: Int64
        var payload: String?
        var payload_b64: Data?
    }

    private static var directory: String {
        if let given = ProcessInfo.processInfo.environment["CORPORA_DIR"] { return given }
        return "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/") + "/shared/corpora"
    }

    /// Whether there are any.
    package static var isPresent: Bool { FileManager.default.fileExists(atPath: directory + "/meter.jsonl") }

    /// The events of one.
    package static func load(_ name: String) throws -> EventBlock {
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
