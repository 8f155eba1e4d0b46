// SPDX-License-Identifier: Apache-2.0

import Events

extension EventBlock {
    /// Some of the events as a block of their own.
    func copy(_ range: Range<Int>) -> EventBlock {
        var result = EventBlock()
        for record in records[range] {
            result.append(record, of: self)
        }
        return result
    }
}
