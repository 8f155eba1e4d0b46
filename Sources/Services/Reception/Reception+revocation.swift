// SPDX-License-Identifier: Apache-2.0

import Keys
import Logging

extension Reception {
    /// Reads which certificates were revoked, and ends the connections of agents that have shown one of them.
    package func reloadRevoked() {
        guard let revoked = core.configuration.revoked else { return }
        do throws(KeyFault) {
            try revoked.load()
        } catch {
            return core.logger.error("revoked certificates stay as they were: \(error)")
        }
        for peer in core.agents { peer.tell { $0.checkRevoked() } }
    }
}
