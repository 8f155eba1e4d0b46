// SPDX-License-Identifier: Apache-2.0

import Certification
import NIOHTTP1

/// What somebody wants at the door.
struct DoorRequest: Sendable {
    /// By what right.
    enum Right: Sendable {
        case token(EnrolmentToken)
        /// The certificate that it has shown.
        case certificate
    }

    let right: Right
    let request: CertificateRequest

    /// Reads a request; what is none is answered by what is thrown.
    init(_ head: HTTPRequestHead, _ body: [UInt8]) throws(DoorAnswer) {
        guard head.method == .POST else { throw DoorAnswer(.methodNotAllowed, "POST is wanted here") }
        switch head.uri {
        case "/enrol": right = .token(try Self.token(head))
        case "/renew": right = .certificate
        default: throw DoorAnswer(.notFound, "this is a hub's door for enrolment: /enrol and /renew")
        }
        let blocks = PEM.blocks(.request, in: String(decoding: body, as: UTF8.self))
        guard let blocks, blocks.count == 1 else {
            throw DoorAnswer(.badRequest, CertificateRequest.Fault.malformed.description)
        }
        do throws(CertificateRequest.Fault) {
            request = try CertificateRequest(blocks[0])
        } catch {
            throw DoorAnswer(.badRequest, error.description)
        }
    }

    /// RFC 6750 section 2.1.
    private static func token(_ head: HTTPRequestHead) throws(DoorAnswer) -> EnrolmentToken {
        let words = head.headers["Authorization"].first?.split(separator: " ") ?? []
        guard words.count == 2, words[0].lowercased() == "bearer" else {
            throw DoorAnswer(.unauthorized, "a token is wanted here", isGuess: true)
        }
        do throws(EnrolmentToken.Fault) {
            return try EnrolmentToken(text: String(words[1]))
        } catch {
            throw DoorAnswer(.forbidden, error.description, isGuess: true)
        }
    }
}
