// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// A process that this one started, with its last output lines; it never outlives its starter.
///
/// A thread of its own starts, reads and reaps it. `setpriv` sets the parent-death signal where it is installed: the
/// kernel ties that to the starting thread (prctl(2), PR_SET_PDEATHSIG), hence the thread lives as long as the child.
package final class ChildProcess: Sendable {
    /// Where standard output goes; standard error is always kept as lines.
    package enum Output: Sendable {
        case lines
        /// Written to this file, which is made or emptied.
        case file(String)
    }

    /// A program could not be started.
    package struct StartFailure: Error, CustomStringConvertible {
        package var program: String
        package var code: Int32

        package var description: String { "cannot start \(program): \(String(cString: strerror(code)))" }
    }

    /// For messages: the name of the program and its first argument.
    package let name: String
    private let reader: ChildReader

    /// Starts `program` (a path) with exactly this environment.
    package init(
        _ program: String,
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        output: Output = .lines
    ) throws {
        name = ([program.split(separator: "/").last.map(String.init) ?? program] + arguments.prefix(1))
            .joined(separator: " ")
        reader = ChildReader(
            ChildLaunch(program: program, arguments: arguments, environment: environment, output: output)
        )
        let failure = reader.state.withLock { $0.startFailure }
        if let failure { throw StartFailure(program: program, code: failure) }
    }

    deinit {
        signal(SIGKILL)
    }

    /// The process id; 0 once it has been reaped.
    package var pid: Int32 { reader.state.withLock { $0.pid } }

    /// How it ended; nil while it runs.
    package var status: ExitStatus? { reader.state.withLock { $0.status } }

    package var isRunning: Bool { status == nil }

    /// The last lines of standard output.
    package var output: [String] { reader.state.withLock { $0.standardOutput.lines } }

    /// The last lines of standard error.
    package var errors: [String] { reader.state.withLock { $0.standardError.lines } }

    /// Sends a signal; false when the process has ended.
    ///
    /// By process id and under the lock that reaping takes, so that
    /// a number that the kernel gave to somebody else is never meant.
    @discardableResult
    package func signal(_ number: Int32) -> Bool {
        reader.state.withLock { $0.pid > 0 && Glibc.kill($0.pid, number) == 0 }
    }

    /// Waits for the end.
    @discardableResult
    package func exit(within limit: Duration) async throws -> ExitStatus {
        try await waiting(for: "end of \(name)", within: limit, details: tail) { status }
    }

    /// `kill -9`, and waits until the kernel has taken it down.
    package func kill() async throws {
        signal(SIGKILL)
        try await exit(within: .seconds(20))
    }

    /// SIGTERM, then after `grace` SIGKILL.
    @discardableResult
    package func stop(grace: Duration = .seconds(15)) async throws -> ExitStatus {
        signal(SIGTERM)
        if let status = try? await exit(within: grace) { return status }
        try await kill()
        throw TimedOut(waitedFor: "end of \(name) after SIGTERM", limit: grace, details: tail)
    }

    /// Waits for a line with `text` on either output.
    package func line(containing text: String, within limit: Duration) async throws -> String {
        try await waiting(for: "line with \"\(text)\" from \(name)", within: limit, details: tail) {
            let ended = status != nil
            if let line = (output + errors).first(where: { $0.contains(text) }) { return line }
            if ended { throw TimedOut(waitedFor: "line with \"\(text)\"", limit: limit, details: tail) }
            return nil
        }
    }

    /// Waits until a TCP port on loopback takes connections; throws at once when the process ends instead.
    package func listening(on port: Int, within limit: Duration) async throws {
        try await waiting(for: "listener on port \(port)", within: limit, details: tail) {
            if status != nil { throw TimedOut(waitedFor: "listener on port \(port)", limit: limit, details: tail) }
            return LocalPort.accepts(port) ? () : nil
        }
    }

    /// The last lines of both outputs, for messages.
    package var tail: String {
        let lines = output.suffix(15).map { "| " + $0 } + errors.suffix(25).map { "! " + $0 }
        return "\(name): \(status.map { "\($0)" } ?? "running")\n" + lines.joined(separator: "\n")
    }
}

/// Runs `body` with a child that is ended when `body` returns or throws.
package func withChild<Result>(
    _ child: ChildProcess,
    _ body: (ChildProcess) async throws -> Result
) async throws -> Result {
    do {
        let result = try await body(child)
        try await child.kill()
        return result
    } catch {
        try? await child.kill()
        throw error
    }
}
