// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import NIOPosix

extension MQTTClient {
    /// Why there is no connection, as a user would say it.
    static func words(for error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { words(for: $0.error) } ?? "no such host"
        case let error as IOError where error.errnoCode == ECONNREFUSED:
            "nothing listens there: is the agent running, and SLUICE_MQTT_LISTEN the same for both?"
        case let error as IOError:
            String(cString: strerror(error.errnoCode))
        case ChannelError.connectTimeout:
            "no answer"
        default:
            "\(error)"
        }
    }
}
