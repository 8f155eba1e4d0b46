// SPDX-License-Identifier: Apache-2.0

import Certification
import Glibc
import Keys
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// What all connections of an enrolment door share.
final class DoorCore: Sendable {
    private struct State {
        var context: NIOSSLContext?
        var authority: Authority?
        var channels: [ObjectIdentifier: any Channel] = [:]
        var failures: FailureLimit
        var statistics = EnrolmentStatistics()
    }

    private let configuration: EnrolmentDoor.Configuration
    private let logger: Logger
    private let state: Mutex<State>

    init(_ configuration: EnrolmentDoor.Configuration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        state = Mutex(State(failures: FailureLimit(window: configuration.window)))
    }

    var statistics: EnrolmentStatistics { state.withLock(\.statistics) }

    /// Reads the authority and the certificate that is shown; with an error what held before goes on to hold.
    func load() throws {
        let authority = try Authority(state: configuration.state)
        let context = try DoorContext.make(authority.files)
        state.withLock {
            $0.authority = authority
            $0.context = context
        }
    }

    func handler() throws -> NIOSSLServerHandler {
        guard let context = state.withLock(\.context) else { throw ChannelError.operationUnsupported }
        return NIOSSLServerHandler(context: context)
    }

    // MARK: Connections

    /// Counts a connection in, which is counted out when it closes; false where there are as many as may be.
    func enter(_ channel: any Channel) -> Bool {
        let id = ObjectIdentifier(channel)
        let isIn = state.withLock { state in
            guard state.channels.count < configuration.maximumConnections else { return false }
            state.channels[id] = channel
            return true
        }
        if isIn {
            channel.closeFuture.whenComplete { [weak self] _ in self?.state.withLock { $0.channels[id] = nil } }
        }
        return isIn
    }

    func closeAll() {
        for channel in state.withLock({ Array($0.channels.values) }) { channel.close(promise: nil) }
    }

    // MARK: Requests

    /// Answers a request; files are read and synced on a thread that may wait for them.
    func answer(
        _ head: HTTPRequestHead,
        _ body: [UInt8],
        certificate: [UInt8]?,
        from address: String,
        on loop: any EventLoop
    ) -> EventLoopFuture<DoorAnswer> {
        let source = FailureLimit.Source.address(FailureLimit.Source.network(of: address))
        let now = NIODeadline.now().sinceStart
        let isBlocked = state.withLock {
            $0.failures.isBlocked(source, maximum: configuration.maximumFailures, now: now)
        }
        // A certificate is no guess.
        if isBlocked, head.uri != "/renew" {
            return loop.makeSucceededFuture(
                note(DoorAnswer(.tooManyRequests, "too many wrong tokens: try again in a minute"), nil, address)
            )
        }
        let request: DoorRequest
        do throws(DoorAnswer) {
            request = try DoorRequest(head, body)
        } catch {
            return loop.makeSucceededFuture(note(error, source, address))
        }
        return NIOThreadPool.singleton.runIfActive(eventLoop: loop) { self.certify(request, certificate) }
            .map { self.note($0, source, address, request) }
            .recover { _ in DoorAnswer(.serviceUnavailable, "the hub is stopping") }
    }

    private func certify(_ request: DoorRequest, _ certificate: [UInt8]?) -> DoorAnswer {
        guard let authority = state.withLock(\.authority) else {
            return DoorAnswer(.serviceUnavailable, "there is no authority here")
        }
        let now = Int64(time(nil))
        do {
            let made =
                switch request.right {
                case .token(let token): try authority.enrol(token, request.request, now: now)
                case .certificate: try authority.renew(certificate, request.request, now: now)
                }
            return DoorAnswer(.ok, made + authority.text)
        } catch let refusal as EnrolmentRefusal {
            return DoorAnswer(.forbidden, refusal.description, isGuess: refusal == .unknownToken)
        } catch {
            // Which file it was is for the hub's owner.
            logger.error("no certificate was made: \(error)")
            return DoorAnswer(.internalServerError, "the hub cannot write its records: see its log")
        }
    }

    private func note(
        _ answer: DoorAnswer,
        _ source: FailureLimit.Source?,
        _ address: String,
        _ request: DoorRequest? = nil
    ) -> DoorAnswer {
        state.withLock { state in
            if answer.isGuess, let source { state.failures.failed(source, now: NIODeadline.now().sinceStart) }
            if answer.status == .ok { state.statistics.issued += 1 } else { state.statistics.refused += 1 }
        }
        let said: Logger.Metadata = ["node": "\(request?.request.node ?? "unknown")", "from": "\(address)"]
        if answer.status == .ok {
            logger.info("a certificate was issued", metadata: said)
        } else {
            logger.warning("no certificate was issued: \(answer.text)", metadata: said)
        }
        return answer
    }
}

extension NIODeadline {
    /// Time since a fixed point.
    fileprivate var sinceStart: Duration { .nanoseconds(Int64(clamping: uptimeNanoseconds)) }
}
