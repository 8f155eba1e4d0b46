// SPDX-License-Identifier: Apache-2.0

/// What a ``LinkProxy`` does with its connections.
package enum LinkMode: Sendable, Equatable {
    /// Forwards.
    case pass
    /// Reads and forwards nothing: connections stay open, new ones are accepted and get no answer. Bytes already read
    /// are kept and go on when the link passes again.
    case silent
    /// Resets all connections and closes the listener: connecting is refused.
    case refuse
    /// Forwards this many bytes more (both ways together), then resets all connections and passes again: a frame is
    /// cut in the middle.
    case cut(after: Int)
    /// Forwards, but inverts one bit of the byte that is this many bytes away from those who connect, once.
    case flip(after: Int)
}
