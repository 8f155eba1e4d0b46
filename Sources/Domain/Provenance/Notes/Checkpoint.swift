// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// What a log says of itself: all that is in it, in one hash (https://c2sp.org/tlog-checkpoint).
///
/// ```
/// <origin>
/// <leaves, in decimal>
/// <base64 of the root>
/// ```
package struct Checkpoint: Sendable, Hashable {
    /// The log's name.
    package var origin: String
    /// Leaves.
    package var size: UInt64
    package var root: TreeHash

    package init(origin: String, size: UInt64, root: TreeHash) {
        self.origin = origin
        self.size = size
        self.root = root
    }

    /// Reads a note's text; nil for anything but the form that ``text`` has: logs of Sluice have no further lines.
    package init?(text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 4, !lines[0].isEmpty, let size = UInt64(lines[1]),
            let data = Data(base64Encoded: String(lines[2])), let root = TreeHash(bytes: Array(data))
        else { return nil }
        self.init(origin: String(lines[0]), size: size, root: root)
        guard self.text.utf8.elementsEqual(text.utf8) else { return nil }
    }

    /// What is signed.
    package var text: String {
        "\(origin)\n\(size)\n\(Data(root.bytes).base64EncodedString())\n"
    }
}
