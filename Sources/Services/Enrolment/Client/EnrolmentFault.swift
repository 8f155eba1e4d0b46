// SPDX-License-Identifier: Apache-2.0

/// Why a node has no certificate; `description` says what to do.
package enum EnrolmentFault: Error, Equatable, CustomStringConvertible {
    case unreachable(String, String)
    case otherAuthority(String)
    /// What went wrong in TLS, or that the connection ended without an answer.
    case broken(String)
    /// In the hub's words.
    case refused(String)
    case badAnswer

    package var description: String {
        switch self {
        case .unreachable(let hub, let reason):
            "\(hub) cannot be reached: \(reason); check the address, and SLUICE_HUB_ENROL_LISTEN at the hub"
        case .otherAuthority(let host):
            "\(host) is not the hub that made the token, or somebody stands in between: nothing was sent to it"
        case .broken(let reason):
            "the connection broke: \(reason); if it is the hub's port for enrolment, its certificate "
                + "may not have this host name: `sluice-hub ca host` with all its names makes another"
        case .refused(let reason): "the hub refuses: \(reason)"
        case .badAnswer: "what the hub answers is no certificate of its authority: ask its owner"
        }
    }
}
