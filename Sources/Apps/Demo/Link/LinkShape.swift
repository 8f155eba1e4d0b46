// SPDX-License-Identifier: Apache-2.0

/// How fast a ``LinkProxy`` forwards, one value for each direction and all connections together.
package struct LinkShape: Sendable, Equatable {
    /// Bytes per second; nil: as fast as it goes.
    package var bytesPerSecond: Int?
    /// Added to what travels to the target.
    package var delayUp: Duration = .zero
    /// Added to what travels from the target.
    package var delayDown: Duration = .zero
    /// Bytes that wait in the link before it stops reading: the buffer of a modem.
    package var buffer = 32 << 10

    package init(
        bytesPerSecond: Int? = nil,
        delayUp: Duration = .zero,
        delayDown: Duration = .zero,
        buffer: Int = 32 << 10
    ) {
        self.bytesPerSecond = bytesPerSecond
        self.delayUp = delayUp
        self.delayDown = delayDown
        self.buffer = buffer
    }

    var isFree: Bool { bytesPerSecond == nil && delayUp == .zero && delayDown == .zero }
}
