// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Keys
import Logging
import NIOCore
import Synchronization

/// Decides who comes in and what they may do, by files that can be read again while clients are there.
final class AccessControl: Sendable {
    private struct State {
        var passwords: PasswordFile?
        var list: AccessList?
        var verified: VerifiedPasswords
        var failures: FailureLimit
        /// Passwords that wait to be checked.
        var waiting = 0
    }

    private let configuration: AccessConfiguration
    private let logger: Logger
    private let state: Mutex<State>
    private let versionNumber = Atomic<UInt64>(1)
    /// One hash at a time: what an attacker costs is one processor and the memory of one hash.
    private let worker = DispatchQueue(label: "sluice.passwords", qos: .utility)
    private let now: @Sendable () -> Duration

    init(
        _ configuration: AccessConfiguration,
        logger: Logger,
        now: @escaping @Sendable () -> Duration = { .nanoseconds(NIODeadline.now().uptimeNanoseconds) }
    ) {
        self.configuration = configuration
        self.logger = logger
        self.now = now
        state = Mutex(
            State(
                verified: VerifiedPasswords(keys: (.random(in: .min ... .max), .random(in: .min ... .max))),
                failures: FailureLimit(window: configuration.failureWindow)
            )
        )
    }

    /// Counts the files that held; what is not of the present one is old.
    var version: UInt64 { versionNumber.load(ordering: .acquiring) }

    /// Whether some rules are for named users only.
    var rulesNameUsers: Bool { state.withLock { $0.list?.namesUsers ?? false } }

    /// What a client may do; nil: everything.
    func rights(user: String?, clientID: String) -> Rights? {
        state.withLock { $0.list }?.rights(user: user, clientID: clientID)
    }

    // MARK: Files

    /// Reads the files, all or none: with an error what held before goes on to hold.
    func load() throws(AccessFault) {
        let passwords = try configuration.passwordFile.map { path throws(AccessFault) in
            let file = try AccessFile(path: path)
            if file.isOpenToAll {
                logger.warning(
                    "every user of this machine can read the password file: chmod o-r",
                    metadata: ["file": "\(path)"]
                )
            }
            return try PasswordFile(file.bytes, path: path)
        }
        let list = try configuration.listFile.map { path throws(AccessFault) in
            try AccessList(AccessFile(path: path).bytes, path: path)
        }
        state.withLock { state in
            state.passwords = passwords
            state.list = list
            state.verified.removeAll()
            state.failures.removeAll()
        }
        versionNumber.wrappingAdd(1, ordering: .releasing)
    }

    // MARK: Coming in

    /// Whether a client may come in.
    ///
    /// - Returns: the verdict; nil when a password has to be checked first: then `answer` is called from another thread.
    func check(
        _ request: AccessRequest,
        answer: @escaping @Sendable (AccessVerdict) -> Void
    ) -> AccessVerdict? {
        if request.entrance.usesCertificates {
            guard let name = request.certificateName else { return .refused(.certificateWithoutName) }
            return .admitted(user: name)
        }
        // A name that nobody checks is worth nothing: without a password file all are anonymous.
        guard configuration.passwordFile != nil, let user = request.userName else {
            return request.entrance.allowsAnonymous ? .admitted(user: nil) : .refused(.nameMissing)
        }
        let password = request.password ?? []
        let known = state.withLock { state -> AccessVerdict? in
            if let verdict = verdict(on: request, user, password, state) { return verdict }
            guard state.waiting < configuration.maximumWaiting else { return .refused(.tooBusy) }
            state.waiting += 1
            return nil
        }
        guard known == nil else { return known }
        worker.async { answer(self.verify(request, user, password)) }
        return nil
    }

    /// What is known without a hash.
    private func verdict(
        on request: AccessRequest,
        _ user: String,
        _ password: [UInt8],
        _ state: State
    ) -> AccessVerdict? {
        // Before the failures are looked at: whoever came in before is not shut out by a stranger at the same address.
        if let hash = state.passwords?.users[user], state.verified.contains(user, password, hash) {
            return .admitted(user: user)
        }
        let now = now()
        let network = FailureLimit.Source.network(of: request.peer)
        let byUser = FailureLimit.Source.user(user, address: network)
        if state.failures.isBlocked(byUser, maximum: configuration.maximumFailures, now: now)
            || state.failures.isBlocked(
                .address(network),
                maximum: configuration.maximumFailuresOfAddress,
                now: now
            )
        {
            return .refused(.tooManyFailures)
        }
        return nil
    }

    /// On the worker's thread.
    private func verify(_ request: AccessRequest, _ user: String, _ password: [UInt8]) -> AccessVerdict {
        defer { state.withLock { $0.waiting -= 1 } }
        // Much may have become known while this waited, and the client may have gone.
        guard !request.isAbandoned() else { return .refused(.tooBusy) }
        let (known, hash, other) = state.withLock { state in
            let users = state.passwords?.users ?? [:]
            return (verdict(on: request, user, password, state), users[user], users.values.first)
        }
        if let known { return known }
        // An unknown name takes as long as a known one.
        let isRight = (hash ?? other ?? .decoy).matches(password)
        let now = now()
        return state.withLock { state in
            // The file may have been read again meanwhile.
            guard isRight, let hash, state.passwords?.users[user] == hash else {
                let network = FailureLimit.Source.network(of: request.peer)
                state.failures.failed(.user(user, address: network), now: now)
                state.failures.failed(.address(network), now: now)
                return .refused(.badPassword)
            }
            state.verified.insert(user, password, hash)
            return .admitted(user: user)
        }
    }
}
