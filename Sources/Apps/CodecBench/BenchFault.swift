// SPDX-License-Identifier: Apache-2.0

/// Why a recording could not be measured.
package enum BenchFault: Error, Equatable, CustomStringConvertible {
    case tooFewEvents(path: String, count: Int)
    case tooLarge(path: String)
    /// Topics are at most 65,535 bytes (MQTT 5.0 section 1.5.4).
    case longTopic(path: String, event: Int)
    /// What came out of a batch is not what went in. Events are counted from 1, as the lines of the recording that are
    /// not empty.
    case mismatch(codec: String, recording: String, event: Int, why: String)
    case zstd(String)

    package var description: String {
        switch self {
        case .tooFewEvents(let path, let count):
            "\(path): \(count) events are too few, at least \(Recording.fewestEvents) are needed"
        case .tooLarge(let path): "\(path): the events of a recording may have 4 GiB at most"
        case .longTopic(let path, let event): "\(path), event \(event): its topic is longer than 65,535 bytes"
        case .mismatch(let codec, let recording, let event, let why):
            "\(recording), event \(event): \(codec) did not give it back byte for byte: \(why)"
        case .zstd(let message): "zstd: \(message)"
        }
    }
}
