// SPDX-License-Identifier: Apache-2.0

extension Frame {
    /// Every node that the sender of this frame says that it is, or was.
    package var claimedNodes: Set<String> {
        switch self {
        case .hello(let hello): Set([hello.node] + hello.lanes.compactMap(\.node))
        case .clock(let notice): Set([notice.node].compactMap(\.self))
        default: []
        }
    }
}
