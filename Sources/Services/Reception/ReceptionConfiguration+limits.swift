// SPDX-License-Identifier: Apache-2.0

import UplinkFrames

extension ReceptionConfiguration {
    /// Room in a frame for an event's attributes, and for what a batch and a frame put around it.
    private static let roomBesideEvent = 128 << 10

    /// The limit that agents are told: an event within it fits a frame, whatever its attributes.
    var effectiveEventBytes: Int { min(maximumEventBytes, FrameLimits.frameBytes - Self.roomBesideEvent) }
}
