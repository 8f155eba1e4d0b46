// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Cuts packets out of a stream of bytes.
///
/// ```
///  7    4 3    0
/// +------+------+-----------------------------+----------------------+
/// | type | flags| remaining length (1..4, VBI) | remaining length bytes |
/// +------+------+-----------------------------+----------------------+
/// ```
package struct PacketDecoder: Sendable {
    /// Of the connection; CONNECT names its own.
    package var version: MQTTVersion
    /// Longest packet taken, fixed header included.
    package var maximumPacketBytes: Int
    /// Whether the other side is a client: what only servers send is not even read.
    private let isServer: Bool

    package init(version: MQTTVersion = .v311, maximumPacketBytes: Int, isServer: Bool = false) {
        self.version = version
        self.maximumPacketBytes = maximumPacketBytes
        self.isServer = isServer
    }

    /// Reads one packet; nil, with the reader where it was, when it is not complete yet.
    package func next(from buffer: inout ByteBuffer) throws(MQTTFault) -> Packet? {
        guard let first = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) else { return nil }
        guard let type = PacketType(rawValue: first >> 4) else { throw .malformed("packet type 0 is reserved") }
        guard !isServer || type.isFromClients else { throw .protocolError("\(type) is not for this side to get") }
        let flags = first & 0x0F
        if let fixed = type.fixedFlags, flags != fixed {
            throw .malformed("\(type) with flags \(flags)")
        }
        guard let (length, width) = try buffer.variableInteger(at: buffer.readerIndex + 1) else { return nil }
        let total = 1 + width + length
        guard total <= maximumPacketBytes else { throw .packetTooLarge(bytes: total, limit: maximumPacketBytes) }
        guard buffer.readableBytes >= total else { return nil }
        buffer.moveReaderIndex(forwardBy: 1 + width)
        guard var body = buffer.readSlice(length: length) else { return nil }
        return try Packet(type, flags: flags, body: &body, version: version)
    }
}
