// SPDX-License-Identifier: Apache-2.0

import Events
import Provenance

/// One event of the hub's log as the leaf that it makes now.
struct LoggedLeaf {
    var place: ChunkPlace
    var identity: EventIdentity
    var bytes: [UInt8]
    var hash: TreeHash
}
