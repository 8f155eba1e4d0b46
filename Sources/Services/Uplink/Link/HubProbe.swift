// SPDX-License-Identifier: Apache-2.0

import Events
package import NIOCore
import NIOPosix
import NIOSSL
import NIOWebSocket
import Synchronization
import UplinkFrames

/// Asks whether a hub is where one is configured, without being taken for an agent.
///
/// It goes the way that the link goes, and says hello in a frame version that nobody speaks. A hub answers that with a
/// farewell; it neither remembers the asker nor lets go of an agent of that name.
package enum HubProbe {
    package enum Answer: Sendable, Equatable {
        case hub
        /// The name stands for no address.
        case unresolved(String)
        /// No connection, or no answer in time.
        case unreachable(String)
        /// The proxy cannot be reached, or does not let this through.
        case proxy(String)
        /// TLS failed.
        case insecure(String)
        /// Something else answers there.
        case stranger(String)
    }

    /// How long a hub may take to answer once connected.
    private static let patience: TimeAmount = .seconds(5)

    package static func ask(
        _ hub: UplinkConfiguration.Hub,
        _ configuration: UplinkConfiguration,
        on eventLoop: any EventLoop
    ) async -> Answer {
        do {
            let connector = try HubConnector(configuration, eventLoop: eventLoop)
            let answer = eventLoop.makePromise(of: Answer.self)
            let deadline = eventLoop.scheduleTask(in: patience + TimeAmount(LinkMachine.connectTimeout)) {
                answer.succeed(.unreachable("no answer in time"))
            }
            defer { deadline.cancel() }
            let opened = Mutex<(any Channel)?>(nil)
            let connected = connector.connect(
                hub,
                counter: { TrafficHandler(received: { _ in }, sent: { _ in }) },
                handler: { HubProbeHandler(answer) },
                began: { channel in opened.withLock { $0 = channel } }
            )
            connected.whenSuccess { $0.writeAndFlush(Self.hello(), promise: nil) }
            connected.whenFailure { answer.succeed(Self.answer(for: $0)) }
            defer { opened.withLock { $0 }?.close(promise: nil) }
            return try await answer.futureResult.get()
        } catch let fault as UplinkFault {
            return .insecure(fault.description)
        } catch {
            return .unreachable(LinkDriver.words(for: error))
        }
    }

    /// In a version that no hub speaks.
    private static func hello() -> WebSocketFrame {
        var hello = Hello(node: "doctor", storeID: 0, epoch: Epoch(id: 0, ordinal: 0), hub: 0, lanes: [])
        hello.version = 0
        var data = ByteBuffer()
        Frame.hello(hello).encode(into: &data)
        return WebSocketFrame(fin: true, opcode: .binary, maskKey: .random(), data: data)
    }

    private static func answer(for error: any Error) -> Answer {
        let words = LinkDriver.words(for: error)
        switch error {
        case is ProxyFault: return .proxy(words)
        case let error as NIOConnectionError where error.connectionErrors.isEmpty: return .unresolved(words)
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: return .insecure(words)
        case is Refusal: return .stranger(words)
        case ChannelError.inappropriateOperationForState, ChannelError.ioOnClosedChannel, ChannelError.eof:
            return .stranger("it closed the connection before it answered")
        default: return .unreachable(words)
        }
    }
}

/// Says hello and takes any frame for the answer of a hub.
private final class HubProbeHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame

    private let answer: EventLoopPromise<HubProbe.Answer>

    init(_ answer: EventLoopPromise<HubProbe.Answer>) {
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let message = unwrapInboundIn(data)
        guard message.opcode == .binary else { return }
        var data = message.unmaskedData
        do {
            _ = try Frame.decode(&data)
            answer.succeed(.hub)
        } catch {
            answer.succeed(.stranger("it speaks WebSocket, but no frames of a hub"))
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        answer.succeed(.stranger("it speaks WebSocket, and closed the connection without a farewell"))
        context.fireChannelInactive()
    }
}
