// SPDX-License-Identifier: Apache-2.0

import Batching
import Storage
import UplinkFrames

extension AgentConnectionMachine {
    /// What is known of primers that batches named and nobody has here.
    struct WantedPrimers: Sendable {
        /// Asked for, and neither landed nor refused since.
        var asked: Set<PrimerIdentifier> = []
        /// Lanes of which a batch was dropped: what follows in them is dropped, too, or it would land before it.
        var lanes: Set<UInt32> = []
        /// Since the last question no primer came: what comes was sent before the agent could know.
        var isUnanswered = false
    }

    /// Takes a primer that the agent publishes.
    mutating func publish(_ number: UInt64, _ bytes: [UInt8], cost: UInt64) {
        // Whatever follows was sent by an agent that knows.
        wanted.lanes.removeAll()
        wanted.isUnanswered = false
        let identifier = PrimerIdentifier(rawValue: number)
        let primer: Primer
        do throws(BatchFault) {
            guard bytes.count <= settings.maximumPrimerBytes else {
                let text = "\(bytes.count) bytes, at most \(settings.maximumPrimerBytes) are taken"
                return refuse(identifier, .off, text, cost: cost)
            }
            primer = try Primer(bytes: bytes)
        } catch {
            return refuse(identifier, .damaged, "\(error)", cost: cost)
        }
        guard primer.identifier == identifier else {
            return refuse(identifier, .damaged, "its bytes are those of \(primer.identifier)", cost: cost)
        }
        submit(.primer(primer), node: node ?? "", cost: cost)
    }

    /// The log has answered.
    mutating func settled(_ primer: Primer, _ landing: PrimerLanding) {
        guard phase != .closed else { return }
        wanted.asked.remove(primer.identifier)
        switch landing {
        case .landed:
            push(.know(primer.identifier, bytes: primer.bytes))
            push(.send(.primerLanded(primer.identifier.rawValue)))
        case .overQuota:
            let text = "batches in the log need all the room that there is for primers of \(node ?? "")"
            push(.send(.primerRefused(primer.identifier.rawValue, PrimerRefusal(reason: .quota, text: text))))
        }
    }

    private mutating func refuse(
        _ identifier: PrimerIdentifier,
        _ reason: PrimerRefusal.Reason,
        _ text: String,
        cost: UInt64
    ) {
        consumed += cost
        wanted.asked.remove(identifier)
        push(.send(.primerRefused(identifier.rawValue, PrimerRefusal(reason: reason, text: text))))
        extendCredit()
    }

    /// A batch cannot be opened or kept for want of its primer: it is dropped, for the agent still has its events.
    mutating func want(_ identifier: PrimerIdentifier, handle: UInt32) {
        if wanted.asked.insert(identifier).inserted {
            wanted.isUnanswered = true
            push(.send(.primerWanted(identifier.rawValue)))
        }
        if wanted.isUnanswered { wanted.lanes.insert(handle) }
    }
}
