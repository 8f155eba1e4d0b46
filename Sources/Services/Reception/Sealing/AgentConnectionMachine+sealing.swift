// SPDX-License-Identifier: Apache-2.0

import Keys
import NIOCore
import UplinkFrames

extension AgentConnectionMachine {
    /// What came could not be opened, or is not sealed where it has to be.
    mutating func refused(_ refusal: HubSeal.Refusal, at now: NIODeadline) -> [Action] {
        switch refusal {
        case .frame(let fault): refuse(fault)
        case .seal(let fault): finish(.sealRefused, "\(fault)")
        case .unsealed:
            let text = """
                this hub takes sealed events only: put what `sluice-hub keys` prints there into a file that \
                SLUICE_SEAL_TO_FILE names
                """
            finish(.notAuthorised, text)
        }
        return take(at: now)
    }

    /// The key that signed the connection's content key is not that of a node which the agent speaks for.
    mutating func refused(_ fault: KnownNodeFault, at now: NIODeadline) -> [Action] {
        finish(.notAuthorised, "\(fault)")
        return take(at: now)
    }
}
