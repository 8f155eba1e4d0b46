// SPDX-License-Identifier: Apache-2.0

extension BatchExplanation {
    /// What is known before the events are.
    init(_ parts: BatchParts, unpacked: Int) {
        let header = parts.header
        version = Int(BatchFormat.version)
        isColumns = header.mode.isColumns
        isCompressed = header.mode.isCompressed
        primer = header.primer
        firstSequence = header.firstSequence
        count = header.count
        baseTime = header.baseTime
        sizes = Sizes(
            batch: parts.bitsStart + parts.bits.count,
            header: parts.headerLength,
            body: parts.bitsStart - parts.headerLength,
            codes: parts.bits.count,
            unpacked: unpacked,
            topics: 0,
            templates: 0,
            texts: 0
        )
        topics = []
        templates = []
        columns = []
        paddingBits = 0
    }
}
