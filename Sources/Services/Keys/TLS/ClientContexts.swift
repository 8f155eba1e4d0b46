// SPDX-License-Identifier: Apache-2.0

import Crypto
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
    private let proven: ProvenHubs?
    private let loaded = Mutex<Loaded?>(nil)

    private struct Loaded {
        var context: NIOSSLContext
        /// Names the authorities: the SHA-256 of their certificates.
        var authorities: String
    }

    /// - Parameters:
    ///   - own: the certificate to show; nil shows none.
    ///   - proven: whom to believe while the clock is wrong; nil: nobody whose certificate does not hold at what it says.
    package init(_ trust: Trust, own: TLSFiles?, proven: ProvenHubs? = nil) {
        self.trust = trust
        self.own = own
        // A key that is known beforehand is believed at any time.
        self.proven = trust.isByKeyAlone ? nil : proven
    }

    /// Reads the files; with an error what held before goes on to hold.
    package func load() throws(TLSFault) {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv13
        // A recording of today must not be readable by a quantum computer of tomorrow
        // (https://datatracker.ietf.org/doc/draft-ietf-tls-ecdhe-mlkem/); hubs that do not know of that take the others.
        configuration.curves = [.x25519_MLKEM768, .x25519, .secp256r1]
        let variable = (own?.prefix ?? "SLUICE_HUB") + "_CA_FILE"
        var authorities = "system"
        if let path = trust.authorities {
            let certificates = try PEMFile(variable, path).certificates()
            authorities = Self.name(of: certificates)
            configuration.trustRoots = .certificates(certificates)
        }
        // The handler behind TLS looks at the key.
        if trust.isByKeyAlone { configuration.certificateVerification = .none }
        if let own {
            configuration.certificateChain = try own.chain().map { .certificate($0) }
            configuration.privateKey = .privateKey(try own.privateKey())
        }
        do {
            let made = try NIOSSLContext(configuration: configuration)
            loaded.withLock { $0 = Loaded(context: made, authorities: authorities) }
        } catch {
            if let own { throw own.mismatch(error) }
            throw TLSFault(variable: variable, path: trust.authorities ?? "the system's", reason: "\(error)")
        }
    }

    private static func name(of certificates: [NIOSSLCertificate]) -> String {
        var hash = SHA256()
        for certificate in certificates { hash.update(data: (try? certificate.toDERBytes()) ?? []) }
        return hash.finalize().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    /// What has to be put into a pipeline, in this order.
    ///
    /// - Parameters:
    ///   - hub: the server's address, as it is remembered.
    ///   - serverName: nil where the server is named by an address (RFC 6066 section 3).
    package func handlers(_ hub: String, serverName: String?) throws -> [any ChannelHandler] {
        guard let loaded = loaded.withLock(\.self) else { throw NotLoaded() }
        var handlers = try client(hub, serverName, loaded)
        if !trust.pins.isEmpty { handlers.append(PinHandler(trust.pins)) }
        return handlers
    }

    private func client(_ hub: String, _ serverName: String?, _ loaded: Loaded) throws -> [any ChannelHandler] {
        let (context, authorities) = (loaded.context, loaded.authorities)
        guard let proven else { return [try NIOSSLClientHandler(context: context, serverHostname: serverName)] }
        guard proven.isAsked(of: hub) else {
            let client = try NIOSSLClientHandler(context: context, serverHostname: serverName)
            return [client, ProofHandler(proven, of: hub, under: authorities)]
        }
        // In BoringSSL's place, which has only the clock to go by; that the server holds the key TLS proves all the same.
        let client = try NIOSSLClientHandler(context: context, serverHostname: serverName) { chain, promise in
            let isBelieved =
                chain.first.map {
                    proven.believes(hub, authorities, key: KeyPin.text(of: $0), expiry: Int64($0.notValidAfter))
                } ?? false
            promise.succeed(isBelieved ? .certificateVerified : .failed)
        }
        return [client]
    }
}
