// SPDX-License-Identifier: Apache-2.0

import Certification
import Enrolment
import Events
import Keys
import Logging
import ServiceLifecycle

/// Gets the node another certificate before the one that it has enrolled for ends: by itself, as nobody visits a gateway
/// once a year.
struct CertificateRenewal: Service {
    /// Between two looks, and two attempts.
    static let interval = Duration.seconds(6 * 3_600)
    /// The last part of its life in which a certificate is renewed is one over this, as ACME's clients do it: there is time
    /// enough for hubs that are away for weeks.
    static let share: Int64 = 3

    let files: IdentityFiles
    let enrolment: Enrolment
    let clock: @Sendable () -> ClockReading
    let logger: Logger
    /// What was renewed is to be used.
    let renewed: @Sendable () -> Void

    func run() async throws {
        // Ended while it sleeps, it has nothing to say.
        try? await cancelWhenGracefulShutdown {
            while true {
                await look()
                try await Task.sleep(for: Self.interval)
            }
        }
    }

    private func look() async {
        let reading = clock()
        // A clock that was never set says nothing of when a certificate ends.
        guard reading.quality != .unset, let identity = try? files.current() else { return }
        guard Self.isDue(identity.certificate.validity, at: reading.wall / 1_000) else { return }
        do {
            let made = try await enrolment.rotate()
            logger.info(
                "renewed the certificate of this node",
                metadata: ["until": "\(CalendarTime.text(made.validity.upperBound))"]
            )
            renewed()
        } catch {
            logger.error(
                "the certificate of this node ends, and was not renewed: `sluice keys rotate --hub` does it by hand",
                metadata: [
                    "until": "\(CalendarTime.text(identity.certificate.validity.upperBound))", "reason": "\(error)",
                ]
            )
        }
    }

    /// - Parameters:
    ///   - validity: of the certificate, seconds since 1970.
    ///   - now: seconds since 1970.
    static func isDue(_ validity: ClosedRange<Int64>, at now: Int64) -> Bool {
        validity.upperBound - now < (validity.upperBound - validity.lowerBound) / share
    }
}
