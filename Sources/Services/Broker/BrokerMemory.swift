// SPDX-License-Identifier: Apache-2.0

package import Events

/// Where a broker keeps sessions and retained messages, beside what goes through ``Ingest``.
package struct BrokerMemory: Sendable {
    /// What was kept when the store was opened.
    package var records: [StateRecord]
    /// Takes changes that may be lost in a crash: they are written down with the next events, or soon.
    package var note: @Sendable ([StateChange]) -> Void

    package init(records: [StateRecord], note: @escaping @Sendable ([StateChange]) -> Void) {
        self.records = records
        self.note = note
    }
}
