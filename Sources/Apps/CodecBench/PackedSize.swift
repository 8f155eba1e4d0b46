// SPDX-License-Identifier: Apache-2.0

/// What a run of batches came to, without the last one: it ended with the recording, mostly half full.
struct PackedSize {
    private var events = 0
    private var bytes = 0
    private var batches = 0
    private var last: (events: Int, bytes: Int)?

    mutating func add(events: Int, bytes: Int) {
        if let last {
            self.events += last.events
            self.bytes += last.bytes
            batches += 1
        }
        last = (events, bytes)
    }

    /// Bytes per event; the last batch counts only where there is no other.
    var bytesPerEvent: Double {
        batches > 0 ? Double(bytes) / Double(events) : bytesPerEventOfAll
    }

    /// Bytes per event with the last batch.
    var bytesPerEventOfAll: Double {
        Double(bytes + (last?.bytes ?? 0)) / Double(max(1, events + (last?.events ?? 0)))
    }

    var eventsPerBatch: Double {
        batches > 0 ? Double(events) / Double(batches) : Double(last?.events ?? 0)
    }
}
