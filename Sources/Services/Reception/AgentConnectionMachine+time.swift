// SPDX-License-Identifier: Apache-2.0

package import NIOCore
import UplinkFrames

extension AgentConnectionMachine {
    /// How often ``tick(at:)`` wants to be called.
    package var tickInterval: TimeAmount {
        min(settings.reassurance, .nanoseconds(settings.linkTimeout.nanoseconds / 6))
    }

    /// Time passes: silent agents are asked, then dropped, and agents that wait for the disk hear that the hub lives.
    package mutating func tick(at now: NIODeadline) -> [Action] {
        switch phase {
        case .awaitingHello:
            if now - opened >= settings.helloTimeout {
                fault("no hello within \(settings.helloTimeout.nanoseconds / 1_000_000_000) s")
            }
        case .introduced, .serving, .stopping:
            watch(now)
        case .closed: break
        }
        return take(at: now)
    }

    private mutating func watch(_ now: NIODeadline) {
        // Silence says nothing while the hub itself does not read.
        if !isReading { lastHeard = now }
        if now - lastHeard >= settings.linkTimeout {
            push(.drop)
            return end()
        }
        let waitsForDisk = isGreeting || phase == .introduced || !handed.isEmpty || !waiting.isEmpty
        let isSilent = now - max(lastHeard, lastPinged) >= .nanoseconds(settings.linkTimeout.nanoseconds / 3)
        if isSilent || (waitsForDisk && now - lastSent >= settings.reassurance) {
            lastPinged = now
            pings += 1
            push(.send(.ping(pings)))
        }
    }
}
