// SPDX-License-Identifier: Apache-2.0

/// The zstd dictionary that does best on the last quarter of the training events, made again of all of them.
struct DictionaryChoice {
    /// Nil where no dictionary saves anything.
    private(set) var recipe: DictionaryRecipe?
    private(set) var bytes: [UInt8] = []

    init(_ recording: Recording, _ options: BenchOptions) throws(BenchFault) {
        let training = recording.trainingCount
        let cut = training - training / 4
        let first = EventRows(recording.events, 0..<cut)
        let validation = EventRows(recording.events, cut..<training)
        var plain = try RowPacker(options)
        let halfBatch = try plain.next(first, from: 0).events / 2
        var least = try plain.pack(validation).bytesPerEventOfAll
        for recipe in DictionaryRecipe.all {
            guard let dictionary = recipe.build(first, halfBatch: halfBatch) else { continue }
            var packer = try RowPacker(options, dictionary: dictionary)
            let size = try packer.pack(validation).bytesPerEventOfAll
            guard size < least else { continue }
            (least, self.recipe, bytes) = (size, recipe, dictionary)
        }
        let all = EventRows(recording.events, 0..<training)
        if let better = recipe?.build(all, halfBatch: halfBatch) { bytes = better }
    }
}
