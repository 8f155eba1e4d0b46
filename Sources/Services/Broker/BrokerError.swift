// SPDX-License-Identifier: Apache-2.0

/// Why a broker does not start; the text says what to do.
package enum BrokerError: Error, Equatable, CustomStringConvertible {
    case addressInUse(address: String, variable: String)
    case notLoopback(address: String, variable: String)
    case cannotListen(address: String, variable: String, reason: String)
    case alreadyStarted

    package var description: String {
        switch self {
        case .addressInUse(let address, let variable):
            "\(address) is already in use: stop the other program (another MQTT broker?) or set \(variable)"
        case .notLoopback(let address, let variable):
            "\(variable) is \(address), which is beyond loopback, and there is no authentication: "
                + "listen on 127.0.0.1 or set SLUICE_INSECURE=1 to allow anyone who can reach it"
        case .cannotListen(let address, let variable, let reason):
            "cannot listen on \(address): \(reason); set \(variable)"
        case .alreadyStarted: "the broker was started twice"
        }
    }
}
