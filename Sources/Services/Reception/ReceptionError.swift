// SPDX-License-Identifier: Apache-2.0

/// Why a hub cannot listen; `description` says what to do.
package enum ReceptionError: Error, Sendable, Equatable, CustomStringConvertible {
    case addressInUse(String)
    case notLoopback(String)
    case cannotListen(String, reason: String)

    package var description: String {
        switch self {
        case .addressInUse(let address):
            "cannot listen for agents on \(address): another program does; stop it or set SLUICE_HUB_LISTEN to another "
                + "address"
        case .notLoopback(let address):
            "will not listen for agents on \(address): whoever reaches it could pose as any node, because nothing is "
                + "encrypted or checked there; set SLUICE_HUB_LISTEN to a loopback address, or SLUICE_INSECURE=1 where "
                + "the network is trusted"
        case .cannotListen(let address, let reason):
            "cannot listen for agents on \(address): \(reason); check SLUICE_HUB_LISTEN"
        }
    }
}
