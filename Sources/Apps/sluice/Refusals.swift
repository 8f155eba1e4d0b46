// SPDX-License-Identifier: Apache-2.0

import Broker
import Synchronization

/// The first message that was not taken.
final class Refusals: Sendable {
    private let noted = Mutex<MQTTClientError?>(nil)
    var first: MQTTClientError? { noted.withLock(\.self) }

    func note(_ error: MQTTClientError) {
        noted.withLock { $0 = $0 ?? error }
    }
}
