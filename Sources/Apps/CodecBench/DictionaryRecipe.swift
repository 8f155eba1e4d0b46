// SPDX-License-Identifier: Apache-2.0

import CZstd

/// One way to make a zstd dictionary of rows.
struct DictionaryRecipe: Equatable, CustomStringConvertible {
    enum Source: Equatable {
        /// Trained, each row a sample.
        case events
        /// Trained, each half batch a sample.
        case halfBatches
        /// The last rows as they are.
        case raw
    }

    var source: Source
    var kilobytes: Int

    static let all: [DictionaryRecipe] =
        [8, 32, 96].flatMap { [.init(source: .events, kilobytes: $0), .init(source: .halfBatches, kilobytes: $0)] }
        + [16, 64].map { .init(source: .raw, kilobytes: $0) }

    var description: String {
        switch source {
        case .events: "\(kilobytes) KB trained on events"
        case .halfBatches: "\(kilobytes) KB trained on half batches"
        case .raw: "last \(kilobytes) KB"
        }
    }

    /// The dictionary, or nil where zstd finds too little to train on.
    /// - Parameter halfBatch: rows of half a batch.
    func build(_ rows: EventRows, halfBatch: Int) -> [UInt8]? {
        switch source {
        case .events: train(rows, rowsPerSample: 1)
        case .halfBatches: train(rows, rowsPerSample: max(1, halfBatch))
        case .raw: Array(rows.bytes.suffix(kilobytes << 10))
        }
    }

    private func train(_ rows: EventRows, rowsPerSample: Int) -> [UInt8]? {
        let sizes = stride(from: 0, to: rows.count, by: rowsPerSample).map {
            rows.place(of: $0..<min($0 + rowsPerSample, rows.count)).count
        }
        var dictionary = [UInt8](repeating: 0, count: kilobytes << 10)
        let length = dictionary.withUnsafeMutableBytes { target in
            rows.bytes.withUnsafeBytes {
                ZDICT_trainFromBuffer(target.baseAddress, target.count, $0.baseAddress, sizes, UInt32(sizes.count))
            }
        }
        guard ZDICT_isError(length) == 0 else { return nil }
        return finish(Array(dictionary.prefix(length)), rows, sizes)
    }

    /// Makes the dictionary's tables again for the level that uses it: training assumes level 3, which costs up to 4 %.
    private func finish(_ dictionary: [UInt8], _ rows: EventRows, _ sizes: [Int]) -> [UInt8] {
        let header = dictionary.withUnsafeBytes { ZDICT_getDictHeaderSize($0.baseAddress, $0.count) }
        guard ZDICT_isError(header) == 0 else { return dictionary }
        let content = Array(dictionary.dropFirst(header))
        var parameters = ZDICT_params_t()
        parameters.compressionLevel = ZstdRows.level
        var finished = [UInt8](repeating: 0, count: kilobytes << 10)
        let length = finished.withUnsafeMutableBytes { target in
            rows.bytes.withUnsafeBytes {
                ZDICT_finalizeDictionary(
                    target.baseAddress,
                    target.count,
                    content,
                    content.count,
                    $0.baseAddress,
                    sizes,
                    UInt32(sizes.count),
                    parameters
                )
            }
        }
        return ZDICT_isError(length) == 0 ? Array(finished.prefix(length)) : dictionary
    }
}
