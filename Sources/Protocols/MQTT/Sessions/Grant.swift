// SPDX-License-Identifier: Apache-2.0

/// One subscription that a client holds (MQTT 5.0 section 3.8.3.1).
package struct Grant: Sendable, Equatable {
    /// As the client wrote it, `$share/NAME/` included.
    package var filter: String
    package var qualityOfService: QualityOfService
    package var noLocal: Bool
    package var retainAsPublished: Bool
    /// The subscription identifier that goes with each message; 0 means none.
    package var identifier: UInt32

    package init(
        filter: String,
        qualityOfService: QualityOfService,
        noLocal: Bool = false,
        retainAsPublished: Bool = false,
        identifier: UInt32 = 0
    ) {
        self.filter = filter
        self.qualityOfService = qualityOfService
        self.noLocal = noLocal
        self.retainAsPublished = retainAsPublished
        self.identifier = identifier
    }
}
