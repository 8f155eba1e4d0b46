// SPDX-License-Identifier: Apache-2.0

/// Why a broker does not start; the text says what to do.
package enum BrokerError: Error, Equatable, CustomStringConvertible {
    case addressInUse(address: String, variable: String)
    case notLoopback(address: String, variable: String)
    case certificateMissing(variable: String)
    case cannotListen(address: String, variable: String, reason: String)
    case alreadyStarted

    package var description: String {
        switch self {
        case .addressInUse(let address, let variable):
            "\(address) is already in use: stop the other program (another MQTT broker?) or set \(variable)"
        case .notLoopback(let address, let variable):
            "\(variable) is \(address), which is beyond loopback, and nobody is asked who they are: "
                + "set SLUICE_MQTT_PASSWORD_FILE, or SLUICE_MQTT_ANONYMOUS=1 to let in anyone who can reach it"
        case .certificateMissing(let variable):
            "\(variable) wants TLS: set SLUICE_MQTT_TLS_CERT_FILE and SLUICE_MQTT_TLS_KEY_FILE"
        case .cannotListen(let address, let variable, let reason):
            "cannot listen on \(address): \(reason); set \(variable)"
        case .alreadyStarted: "the broker was started twice"
        }
    }
}
