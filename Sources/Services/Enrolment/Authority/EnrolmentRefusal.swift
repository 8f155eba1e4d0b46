// SPDX-License-Identifier: Apache-2.0

/// Why a node gets no certificate; `description` goes to the node.
package enum EnrolmentRefusal: Error, Equatable, CustomStringConvertible {
    case unknownToken
    case expiredToken
    case usedToken
    case otherNode(token: String, request: String)
    /// Its own certificate is none of this authority's, or counts no more.
    case revoked
    case stranger
    case notNamed(request: String, names: [String])

    package var description: String {
        switch self {
        case .unknownToken:
            "this hub knows no such token, or it expired long ago: get one with `sluice-hub ca token NODE`"
        case .expiredToken: "the token has expired: get another with `sluice-hub ca token NODE`"
        case .usedToken:
            "the token was used, for another key: get another with `sluice-hub ca token NODE`, and find out who used it"
        case .otherNode(let token, let request): "the token is for node \(token), not for \(request)"
        case .revoked: "the certificate was revoked: enrol anew with a token of `sluice-hub ca token NODE`"
        case .stranger: "the certificate is none of this hub's authority, or none was shown: enrol with a token"
        case .notNamed(let request, let names):
            "the certificate is for \(names.joined(separator: ", ")), not for \(request)"
        }
    }
}
