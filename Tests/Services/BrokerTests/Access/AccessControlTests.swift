// SPDX-License-Identifier: Apache-2.0

import Logging
import Synchronization
import TestSupport
import Testing

@testable import Broker

@Suite(.timeLimit(.minutes(1))) struct AccessControlTests {
    /// Time that stands still unless a test moves it.
    private final class Time: Sendable {
        private let value = Mutex(Duration.seconds(1_000))
        func now() -> Duration { value.withLock(\.self) }
        func advance(_ time: Duration) { value.withLock { $0 += time } }
    }

    private func control(_ directory: String, _ time: Time = Time()) throws -> AccessControl {
        var configuration = AccessConfiguration()
        configuration.passwordFile = "\(directory)/passwd"
        let hash = "$y$j75$abcdefgh$uMUXG79B2cFpoAYyDccUnsaH/aGTyBYMlnQidzyag01"
        try writeFile("\(directory)/passwd", "alice:\(hash)\nbob:\(hash)\n")
        let control = AccessControl(configuration, logger: .quiet) { time.now() }
        try control.load()
        return control
    }

    private func verdict(
        _ control: AccessControl,
        _ user: String?,
        _ password: String?,
        from peer: String = "192.0.2.1",
        anonymous: Bool = false
    ) async -> AccessVerdict {
        var request = AccessRequest(entrance: Entrance(allowsAnonymous: anonymous))
        request.userName = user
        request.password = password.map { Array($0.utf8) }
        request.peer = peer
        return await withCheckedContinuation { continuation in
            let known = control.check(request) { continuation.resume(returning: $0) }
            if let known { continuation.resume(returning: known) }
        }
    }

    @Test func `passwords are checked, and names are wanted`() async throws {
        try await withDirectory { directory in
            let control = try control(directory)
            #expect(await verdict(control, "alice", "secret") == .admitted(user: "alice"))
            #expect(await verdict(control, "alice", "Secret") == .refused(.badPassword))
            #expect(await verdict(control, "alice", nil) == .refused(.badPassword))
            #expect(await verdict(control, "mallory", "secret") == .refused(.badPassword))
            #expect(await verdict(control, nil, nil) == .refused(.nameMissing))
            #expect(await verdict(control, nil, nil, anonymous: true) == .admitted(user: nil))
            #expect(await verdict(control, "mallory", "x", anonymous: true) == .refused(.badPassword))
        }
    }

    @Test func `guessing is stopped by name and by address, and stops nobody who was right before`() async throws {
        try await withDirectory { directory in
            let time = Time()
            let control = try control(directory, time)
            #expect(await verdict(control, "bob", "secret") == .admitted(user: "bob"))
            for guess in 0..<5 {
                #expect(await verdict(control, "alice", "\(guess)") == .refused(.badPassword))
            }
            #expect(await verdict(control, "alice", "secret") == .refused(.tooManyFailures))
            #expect(await verdict(control, "alice", "secret", from: "192.0.2.2") == .admitted(user: "alice"))
            for number in 0..<20 {
                #expect(await verdict(control, "u\(number)", "x") == .refused(.badPassword))
            }
            #expect(await verdict(control, "u21", "x") == .refused(.tooManyFailures))
            #expect(await verdict(control, "bob", "secret") == .admitted(user: "bob"))
            #expect(await verdict(control, "bob", "x") == .refused(.tooManyFailures))
            time.advance(.seconds(61))
            #expect(await verdict(control, "u21", "x") == .refused(.badPassword))
        }
    }

    @Test func `no more passwords wait than may`() async throws {
        try await withDirectory { directory in
            var configuration = AccessConfiguration()
            configuration.passwordFile = "\(directory)/passwd"
            configuration.maximumWaiting = 2
            let hash = try #require(PasswordHash(hashing: Array("x".utf8)))
            try writeFile("\(directory)/passwd", "a:\(hash.text)\n")
            let control = AccessControl(configuration, logger: .quiet)
            try control.load()
            let answered = Atomic<Int>(0)
            var refused = 0
            for number in 0..<50 {
                let request = AccessRequest(
                    entrance: Entrance(allowsAnonymous: false),
                    userName: "a",
                    password: Array("\(number)".utf8),
                    peer: "192.0.2.\(number)"
                )
                let known = control.check(request) { _ in answered.wrappingAdd(1, ordering: .relaxed) }
                if known == .refused(.tooBusy) { refused += 1 } else { #expect(known == nil) }
            }
            #expect(refused > 0)
            try await eventually("all answered") { answered.load(ordering: .relaxed) == 50 - refused }
        }
    }

    @Test func `a file that is read again counts at once, and a bad one changes nothing`() async throws {
        try await withDirectory { directory in
            let control = try control(directory)
            let version = control.version
            #expect(await verdict(control, "alice", "secret") == .admitted(user: "alice"))
            try writeFile("\(directory)/passwd", "alice:plain\n")
            #expect(throws: AccessFault.self) { try control.load() }
            #expect(await verdict(control, "alice", "secret") == .admitted(user: "alice"))
            #expect(control.version == version)
            try writeFile("\(directory)/passwd", "# nobody\n")
            try control.load()
            #expect(control.version > version)
            #expect(await verdict(control, "alice", "secret") == .refused(.badPassword))
        }
    }

    @Test func `without a password file nobody has a name`() async {
        let control = AccessControl(AccessConfiguration(), logger: .quiet)
        #expect(await verdict(control, "alice", "x", anonymous: true) == .admitted(user: nil))
        #expect(await verdict(control, "alice", "x") == .refused(.nameMissing))
    }

    @Test func `verified passwords are bounded, and forgotten with the hash`() throws {
        let hash = try PasswordHash("$y$j75$abcdefgh$uMUXG79B2cFpoAYyDccUnsaH/aGTyBYMlnQidzyag01")
        var verified = VerifiedPasswords(capacity: 10, keys: (1, 2))
        for number in 0..<100 { verified.insert("u\(number)", [1], hash) }
        #expect(verified.count == 10)
        verified.insert("u", [1], hash)
        #expect(verified.contains("u", [1], hash) && !verified.contains("u", [2], hash))
        #expect(!verified.contains("u", [1], .decoy))
    }
}
