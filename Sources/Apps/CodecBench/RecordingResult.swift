// SPDX-License-Identifier: Apache-2.0

import Startup

/// The figures of one recording.
package struct RecordingResult: Sendable {
    /// What Sluice comes to with a primer of another size.
    package struct PrimerSize: Sendable {
        /// Bytes of topics and payloads of the samples; 0 for none.
        package var limit: Int
        /// Bytes of the primer as it is published.
        package var published: Int
        package var bytesPerEvent: Double
    }

    package var name: String
    package var eventsPerBatch = 0.0
    package var mqttBytesPerEvent = 0.0
    package var zstdBytesPerEvent = 0.0
    package var zstdDictionaryBytesPerEvent = 0.0
    package var sluiceBytesPerEvent = 0.0
    /// How the zstd dictionary was made.
    package var dictionary = "none"
    package var encodeMicroseconds = 0.0
    /// Slowest but one in a hundred batches, divided by its events.
    package var encodePercentile99 = 0.0
    package var decodeMicroseconds = 0.0
    /// Slowest but one in a hundred whole batches.
    package var flushPercentile99 = 0.0
    package var primerSizes: [PrimerSize] = []

    package init(name: String) {
        self.name = name
    }

    /// How many times as many bytes zstd with the best dictionary needs.
    package var factor: Double { zstdDictionaryBytesPerEvent / sluiceBytesPerEvent }

    /// One line, the keys that scripts read.
    package var json: String {
        var members = [
            ("name", JSONText.string(name)),
            ("events_per_batch", JSONText.number(eventsPerBatch)),
            ("mqtt_bytes_per_event", JSONText.number(mqttBytesPerEvent, digits: 3)),
            ("zstd_bytes_per_event", JSONText.number(zstdBytesPerEvent, digits: 3)),
            ("zstd_dictionary_bytes_per_event", JSONText.number(zstdDictionaryBytesPerEvent, digits: 3)),
            ("sluice_bytes_per_event", JSONText.number(sluiceBytesPerEvent, digits: 3)),
            ("encode_us", JSONText.number(encodeMicroseconds, digits: 3)),
            ("decode_us", JSONText.number(decodeMicroseconds, digits: 3)),
        ]
        if !primerSizes.isEmpty {
            let sizes = primerSizes.map { (String($0.limit), JSONText.number($0.bytesPerEvent, digits: 3)) }
            members.append(("sluice_bytes_per_event_by_primer", JSONText.object(sizes)))
        }
        return JSONText.object(members)
    }
}
