// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import Sealing
import UplinkFrames

extension LinkDriver {
    /// Says hello, or, where everything is to be sealed, first asks the hub what for.
    func introduce(_ id: LinkMachine.ConnectionID) {
        guard let sealing else { return greetSoon(id) }
        guard let channel = channels[id] else { return }
        let seal = AgentSeal(sealing)
        seals[id] = seal
        write(seal.ask(), to: channel)
        channel.flush()
    }

    private func greetSoon(_ id: LinkMachine.ConnectionID) {
        silent.insert(id)
        wantLanes()
    }

    /// The frame in a message; nil where it is none for the driver, or none at all.
    func decode(_ id: LinkMachine.ConnectionID, _ message: inout ByteBuffer) throws(FrameFault) -> Frame? {
        guard let seal = seals[id] else {
            // What still comes by a connection that was given up is nobody's.
            return sealing == nil ? try Frame.decode(&message) : nil
        }
        do throws(AgentSeal.Refusal) {
            switch try seal.receive(&message, at: now) {
            case .frame(let frame): return take(id, frame, isSealed: seal.isSealed)
            case .ready(let key):
                if let channel = channels[id] { write(key, to: channel) }
                turn { _ in greetSoon(id) }
                return nil
            case .renewed: return nil
            }
        } catch {
            if case .frame(let fault) = error, seal.isSealed { throw fault }
            refuse(id, error)
            return nil
        }
    }

    /// A hub that says bye before it has offered anything may not know what was asked for.
    private func take(_ id: LinkMachine.ConnectionID, _ frame: Frame, isSealed: Bool) -> Frame? {
        guard !isSealed, case .bye(let bye) = frame, [.versionUnsupported, .protocolFault].contains(bye.reason) else {
            return frame
        }
        refuse(id, .frame(.unsupported(bye.text)))
        return nil
    }

    private func refuse(_ id: LinkMachine.ConnectionID, _ refusal: AgentSeal.Refusal) {
        switch refusal {
        case .seal(let fault):
            shared.update { $0.refusedSeals += 1 }
            turn { perform(link.tampered(id, "\(fault)", at: $0)) }
        case .frame(let fault):
            let text = """
                does not seal end to end (\(fault)), which SLUICE_SEAL_TO_FILE asks for: nothing was sent; update that \
                hub, or take the variable out
                """
            turn { perform(link.unsealed(id, text, at: $0)) }
        case .stranger:
            shared.update { $0.refusedSeals += 1 }
            let text = """
                has none of the sealing keys in SLUICE_SEAL_TO_FILE: nothing was sent; if it is the right hub, add what \
                `sluice-hub keys` prints there
                """
            turn { perform(link.unsealed(id, text, at: $0)) }
        case .unable(let text):
            turn { perform(link.unsealed(id, "cannot be sealed for: \(text)", at: $0)) }
        }
    }

    /// Goes on with a new content key, where it is time for one.
    func renewKey(of id: LinkMachine.ConnectionID, at now: Duration) {
        guard let seal = seals[id], let channel = channels[id] else { return }
        do throws(AgentSeal.Refusal) {
            guard let message = try seal.renew(at: now) else { return }
            write(message, to: channel)
            channel.flush()
        } catch {
            // The next connection begins with a new one.
            refuse(id, error)
        }
    }

    /// Whom to seal for has changed: what is sent from now on is for them.
    func recipientsChanged() {
        for seal in seals.values { seal.hasten() }
        turn { _ in }
    }
}
