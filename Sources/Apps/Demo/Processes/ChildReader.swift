// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Glibc
import Synchronization

/// The thread that starts one child, reads its output and reaps it.
final class ChildReader: Sendable {
    /// What a process object and its thread share.
    struct State {
        var pid: pid_t = 0
        var startFailure: Int32?
        var status: ExitStatus?
        var standardOutput = OutputLines()
        var standardError = OutputLines()
    }

    /// How long an exit can stay unseen when a grandchild keeps the pipes open.
    private static let pollMilliseconds: Int32 = 20

    let state = Mutex(State())
    private let launch: ChildLaunch
    private let launched = DispatchSemaphore(value: 0)

    /// Returns when the child has been started or could not be.
    init(_ launch: ChildLaunch) {
        self.launch = launch
        var thread = pthread_t()
        let code = pthread_create(
            &thread,
            nil,
            { argument in
                if let argument { Unmanaged<ChildReader>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            },
            Unmanaged.passRetained(self).toOpaque()
        )
        guard code == 0 else {
            Unmanaged.passUnretained(self).release()
            state.withLock { $0.startFailure = code }
            return
        }
        pthread_detach(thread)
        launched.wait()
    }

    private func run() {
        do throws(ChildLaunch.Failure) {
            let child = try launch.start()
            state.withLock { $0.pid = child.pid }
            launched.signal()
            follow(child)
        } catch {
            state.withLock { $0.startFailure = error.code }
            launched.signal()
        }
    }

    private func follow(_ child: ChildLaunch.Started) {
        var pipes = [child.standardOutput, child.standardError]
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        var status: ExitStatus?
        while status == nil {
            status = reap(child.pid)
            let ready = poll(pipes, for: status == nil ? Self.pollMilliseconds : 0)
            for index in ready { drain(&pipes, index, &buffer) }
            // The last words of an ended child lie in its pipes.
            if status != nil, !ready.isEmpty { while !drainRest(&pipes, &buffer) {} }
        }
        for pipe in pipes where pipe >= 0 { close(pipe) }
        state.withLock {
            $0.standardOutput.finish()
            $0.standardError.finish()
            $0.status = status
        }
    }

    /// Under the lock that signals take: afterwards the number may belong to another process.
    private func reap(_ pid: pid_t) -> ExitStatus? {
        state.withLock { state in
            guard state.pid == pid else { return nil }
            var word: Int32 = 0
            guard waitpid(pid, &word, WNOHANG) == pid else { return nil }
            state.pid = 0
            return ExitStatus(waitStatus: word)
        }
    }

    /// - Returns: the positions in `pipes` that have something to read or have ended.
    private func poll(_ pipes: [Int32], for milliseconds: Int32) -> [Int] {
        var wanted = pipes.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        guard Glibc.poll(&wanted, nfds_t(wanted.count), milliseconds) > 0 else { return [] }
        return wanted.indices.filter { wanted[$0].fd >= 0 && wanted[$0].revents != 0 }
    }

    private func drainRest(_ pipes: inout [Int32], _ buffer: inout [UInt8]) -> Bool {
        let ready = poll(pipes, for: 0)
        for index in ready { drain(&pipes, index, &buffer) }
        return ready.isEmpty
    }

    private func drain(_ pipes: inout [Int32], _ index: Int, _ buffer: inout [UInt8]) {
        let count = read(pipes[index], &buffer, buffer.count)
        guard count > 0 else {
            close(pipes[index])
            pipes[index] = -1
            return
        }
        buffer.withUnsafeBytes { bytes in
            let read = UnsafeRawBufferPointer(rebasing: bytes[..<count])
            state.withLock { index == 0 ? $0.standardOutput.append(read) : $0.standardError.append(read) }
        }
    }
}
