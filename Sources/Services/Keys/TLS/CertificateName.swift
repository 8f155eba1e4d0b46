// SPDX-License-Identifier: Apache-2.0

import Certification
package import NIOCore
import NIOSSL

/// The user name in a client's certificate: its common name, else its first DNS name or URI.
///
/// NIOSSL has verified the certificate and gives its bytes, but not the names in a usable form (RFC 5280 section 4.1).
package enum CertificateName {
    /// Call on the event loop, after the handshake.
    package static func ofPeer(_ context: ChannelHandlerContext) -> String? {
        peer(context.pipeline).flatMap { read($0) }
    }

    /// Everything that the peer's certificate is for; nil where it showed none.
    ///
    /// Call on the event loop, after the handshake.
    package static func allOfPeer(_ pipeline: ChannelPipeline) -> [String]? {
        peer(pipeline).map { SubjectNames.all(ofCertificate: $0) }
    }

    /// The peer's certificate itself; nil where it showed none.
    ///
    /// Call on the event loop, after the handshake.
    package static func peer(_ pipeline: ChannelPipeline) -> [UInt8]? {
        guard let certificate = try? pipeline.syncOperations.nioSSL_peerCertificate() else { return nil }
        return try? certificate.toDERBytes()
    }

    static func read(_ certificate: [UInt8]) -> String? { SubjectNames.all(ofCertificate: certificate).first }
}
