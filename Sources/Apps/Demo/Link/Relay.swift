// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore

/// One connection through a link: two channels and what is on its way between them.
final class Relay {
    /// One direction: what waits, and whether its source may be read.
    private struct Way {
        var queue: CircularBuffer<(due: NIODeadline, bytes: ByteBuffer)> = []
        var waiting = 0
        /// The source was told to read and has not finished.
        var reading = false
        var scheduled = false
        var ended = false
    }

    /// Pieces of a slow link, so that a large read does not arrive at once.
    private static let piece = 1460
    private static let bufferOfFreeLink = 16 << 20

    private let link: Link
    private let client: any Channel
    private var server: (any Channel)?
    private var connecting = false
    private var isOpen = true
    private var up = Way()
    private var down = Way()

    init(link: Link, client: any Channel) {
        self.link = link
        self.client = client
    }

    func connected(_ channel: any Channel) {
        guard isOpen else { return Self.reset(channel) }
        server = channel
        conditionsChanged()
    }

    /// Looks again at what may be read, sent and closed.
    func conditionsChanged() {
        guard isOpen, !link.isSilent else { return }
        guard server != nil else {
            if !connecting {
                connecting = true
                link.connect(self)
            }
            return
        }
        flush(.up)
        flush(.down)
        readIfAllowed(.up)
        readIfAllowed(.down)
    }

    func received(_ bytes: ByteBuffer, _ direction: LinkDirection) {
        guard isOpen else { return }
        var bytes = bytes
        if let last = link.passing(&bytes, direction) {
            if last > 0, let part = bytes.readSlice(length: last) {
                output(direction)?.writeAndFlush(part, promise: nil)
            }
            return link.resetAll()
        }
        if link.shape.isFree, !link.isSilent, self[direction].queue.isEmpty {
            output(direction)?.writeAndFlush(bytes, promise: nil)
        } else {
            enqueue(bytes, direction)
        }
    }

    func readCompleted(_ direction: LinkDirection) {
        self[direction].reading = false
        readIfAllowed(direction)
    }

    func inputEnded(_ direction: LinkDirection) {
        self[direction].ended = true
        finishIfEnded(direction)
    }

    /// Closes both halves with RST.
    func reset() {
        guard isOpen else { return }
        isOpen = false
        Self.reset(client)
        if let server { Self.reset(server) }
        link.ended(self)
    }

    private func close() {
        guard isOpen else { return }
        isOpen = false
        client.close(promise: nil)
        server?.close(promise: nil)
        link.ended(self)
    }

    private subscript(_ direction: LinkDirection) -> Way {
        get { direction == .up ? up : down }
        _modify { if direction == .up { yield &up } else { yield &down } }
    }

    private func output(_ direction: LinkDirection) -> (any Channel)? {
        direction == .up ? server : client
    }

    private func enqueue(_ bytes: ByteBuffer, _ direction: LinkDirection) {
        var bytes = bytes
        let piece = link.shape.bytesPerSecond == nil ? bytes.readableBytes : Self.piece
        while let part = bytes.readSlice(length: min(piece, bytes.readableBytes)), part.readableBytes > 0 {
            self[direction].queue.append((link.arrival(of: part.readableBytes, direction), part))
            self[direction].waiting += part.readableBytes
        }
        flush(direction)
    }

    /// Sends what has arrived by now and comes back when the next piece does.
    private func flush(_ direction: LinkDirection) {
        guard isOpen, !link.isSilent, let output = output(direction) else { return }
        let now = NIODeadline.now()
        while let next = self[direction].queue.first, next.due <= now {
            self[direction].queue.removeFirst()
            self[direction].waiting -= next.bytes.readableBytes
            output.write(next.bytes, promise: nil)
        }
        output.flush()
        finishIfEnded(direction)
        guard let next = self[direction].queue.first, !self[direction].scheduled else { return }
        self[direction].scheduled = true
        let relay = NIOLoopBound(self, eventLoop: link.loop)
        link.loop.scheduleTask(deadline: next.due) {
            relay.value[direction].scheduled = false
            relay.value.flush(direction)
            relay.value.readIfAllowed(direction)
        }
    }

    private func readIfAllowed(_ direction: LinkDirection) {
        guard isOpen, !link.isSilent, !self[direction].reading, server != nil, let output = output(direction),
            output.isWritable
        else { return }
        let room = link.shape.bytesPerSecond == nil ? Self.bufferOfFreeLink : link.shape.buffer
        guard self[direction].waiting < room else { return }
        self[direction].reading = true
        (direction == .up ? client : server)?.read()
    }

    /// A silent link hides that one side has gone.
    private func finishIfEnded(_ direction: LinkDirection) {
        guard self[direction].ended, self[direction].queue.isEmpty, !link.isSilent else { return }
        close()
    }

    private static func reset(_ channel: any Channel) {
        if let options = channel as? any SocketOptionProvider {
            _ = options.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        }
        channel.close(mode: .all, promise: nil)
    }
}
