// SPDX-License-Identifier: Apache-2.0

package import NIOCore
import NIOSSL
import Synchronization

/// What one side trusts and shows as a client of TLS 1.3; it can be read again, and new connections get what is new.
package final class ClientContexts: Sendable {
    /// Whom to trust.
    package struct Trust: Sendable, Equatable {
        /// PEM file of authorities; nil: those of the system, or, where there are pins, none.
        package var authorities: String?
        /// Keys that a server may have, as in ``KeyPin``; empty: any key that an authority vouches for.
        package var pins: [String] = []

        package init(authorities: String? = nil, pins: [String] = []) {
            self.authorities = authorities
            self.pins = pins
        }

        /// Whether a known key is all that is asked for.
        var isByKeyAlone: Bool { authorities == nil && !pins.isEmpty }
    }

    private let trust: Trust
    private let own: TLSFiles?
    private let context = Mutex<NIOSSLContext?>(nil)

    /// - Parameter own: the certificate to show; nil shows none.
    package init(_ trust: Trust, own: TLSFiles?) {
        self.trust = trust
        self.own = own
    }

    /// Reads the files; with an error what held before goes on to hold.
    package func load() throws(TLSFault) {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv13
        // A recording of today must not be readable by a quantum computer of tomorrow
        // (https://datatracker.ietf.org/doc/draft-ietf-tls-ecdhe-mlkem/); hubs that do not know of that take the others.
        configuration.curves = [.x25519_MLKEM768, .x25519, .secp256r1]
        let variable = (own?.prefix ?? "SLUICE_HUB") + "_CA_FILE"
        if let path = trust.authorities {
            configuration.trustRoots = .certificates(try PEMFile(variable, path).certificates())
        }
        // The handler behind TLS looks at the key.
        if trust.isByKeyAlone { configuration.certificateVerification = .none }
        if let own {
            configuration.certificateChain = try own.chain().map { .certificate($0) }
            configuration.privateKey = .privateKey(try own.privateKey())
        }
        do {
            let made = try NIOSSLContext(configuration: configuration)
            context.withLock { $0 = made }
        } catch {
            if let own { throw own.mismatch(error) }
            throw TLSFault(variable: variable, path: trust.authorities ?? "the system's", reason: "\(error)")
        }
    }

    /// What has to be put into a pipeline, in this order.
    ///
    /// - Parameter serverName: nil where the server is named by an address (RFC 6066 section 3).
    package func handlers(serverName: String?) throws -> [any ChannelHandler] {
        guard let context = context.withLock(\.self) else { throw NotLoaded() }
        let client = try NIOSSLClientHandler(context: context, serverHostname: serverName)
        return trust.pins.isEmpty ? [client] : [client, PinHandler(trust.pins)]
    }
}
