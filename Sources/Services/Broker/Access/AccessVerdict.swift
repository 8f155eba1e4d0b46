// SPDX-License-Identifier: Apache-2.0

import MQTT

/// Whether a client may come in.
enum AccessVerdict: Sendable, Equatable {
    /// As this user; nil is an anonymous client.
    case admitted(user: String?)
    case refused(Refusal)

    /// Why a client may not come in.
    enum Refusal: Sendable, Equatable {
        case nameMissing
        case badPassword
        case certificateWithoutName
        case tooManyFailures
        case tooBusy

        var reason: ReasonCode {
            switch self {
            case .nameMissing, .certificateWithoutName: .notAuthorized
            case .badPassword: .badUserNameOrPassword
            case .tooManyFailures: .connectionRateExceeded
            case .tooBusy: .serverBusy
            }
        }

        /// What it is counted under.
        var name: String {
            switch self {
            case .nameMissing, .certificateWithoutName: "not authorized"
            case .badPassword: "bad password"
            case .tooManyFailures: "too many failures"
            case .tooBusy: "too busy"
            }
        }

        var text: String {
            switch self {
            case .nameMissing: "it gave no user name, and nobody may come in without one"
            case .badPassword: "bad user name or password"
            case .certificateWithoutName: "its certificate has neither a common name nor a DNS or URI name"
            case .tooManyFailures: "too many wrong passwords from there within a minute"
            case .tooBusy: "too many passwords wait to be checked"
            }
        }
    }
}
