// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore

extension BrokerCore {
    /// Says in the log why a connection was closed before it had a session.
    func complain(of channel: any Channel, _ kind: String, _ text: String) {
        let peer = channel.remoteAddress?.description ?? "gone"
        throttle.warn(kind, "closed a connection: \(text)", metadata: ["peer": "\(peer)"])
    }
}
