// SPDX-License-Identifier: Apache-2.0

/// A message with QoS 1 or 2 that a session keeps until its client has it.
package struct QueuedMessage: Sendable, Equatable {
    /// The client sees the message under it however often it is sent: the client's own memory of QoS 2 goes by it.
    package var packetID: UInt16
    package var qualityOfService: QualityOfService
    package var retain: Bool
    /// Whether its client was away when it came, so that it was not sent by then.
    package var isUnsent: Bool
    /// Subscription identifiers.
    package var identifiers: [UInt32]
    package var message: KeptMessage

    package init(
        packetID: UInt16,
        qualityOfService: QualityOfService,
        retain: Bool,
        isUnsent: Bool = false,
        identifiers: [UInt32],
        message: KeptMessage
    ) {
        self.packetID = packetID
        self.qualityOfService = qualityOfService
        self.retain = retain
        self.isUnsent = isUnsent
        self.identifiers = identifiers
        self.message = message
    }
}
