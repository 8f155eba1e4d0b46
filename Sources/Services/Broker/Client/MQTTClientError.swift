// SPDX-License-Identifier: Apache-2.0

package import MQTT

/// Why a client could not do what it was asked.
package enum MQTTClientError: Error, Equatable, CustomStringConvertible {
    case cannotConnect(address: String, reason: String)
    /// The server answered CONNECT with a no.
    case refused(ReasonCode, text: String?)
    /// The server answered PUBLISH or SUBSCRIBE with a no.
    case rejected(ReasonCode, text: String?)
    /// The connection is gone; what was not acknowledged may or may not have arrived.
    case closed(String)
    /// The caller asked for what MQTT does not allow.
    case invalid(String)
    case timeout(String)

    package var description: String {
        switch self {
        case .cannotConnect(let address, let reason): "cannot connect to \(address): \(reason)"
        case .refused(let reason, let text): "the server refused the connection: \(text ?? "\(reason)")"
        case .rejected(let reason, let text): "the server refused: \(text ?? "\(reason)")"
        case .closed(let text): "the connection is closed: \(text)"
        case .invalid(let text): text
        case .timeout(let what): "no \(what) in time"
        }
    }
}
