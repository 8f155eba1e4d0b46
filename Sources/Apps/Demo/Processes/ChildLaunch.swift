// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// How to start a child: program, arguments, environment, and where its output goes.
struct ChildLaunch: Sendable {
    /// A started child and our ends of its pipes.
    struct Started {
        var pid: pid_t
        /// -1 when standard output goes to a file.
        var standardOutput: Int32
        var standardError: Int32
    }

    /// An errno from one of the calls.
    struct Failure: Error {
        var code: Int32
    }

    var program: String
    var arguments: [String]
    var environment: [String: String]
    var output: ChildProcess.Output

    /// Starts it with default signals, no descriptors but the three, and a process group of its own, so that Ctrl-C at
    /// a terminal reaches only the starter, which then ends its children in order.
    ///
    /// One at a time: Glibc's module has no `pipe2`, and a child that starts between `pipe` and `fcntl` would keep it.
    func start() throws(Failure) -> Started {
        try Self.starting.withLock { _ throws(Failure) in try startAlone() }
    }

    private static let starting = Mutex(())

    private func startAlone() throws(Failure) -> Started {
        let errors = try Pipe()
        defer { close(errors.writing) }
        let (outputReading, outputWriting) = try openOutput()
        defer { close(outputWriting) }
        do {
            let pid = try spawn(output: outputWriting, errors: errors.writing)
            return Started(pid: pid, standardOutput: outputReading, standardError: errors.reading)
        } catch {
            close(errors.reading)
            if outputReading >= 0 { close(outputReading) }
            throw error
        }
    }

    private func openOutput() throws(Failure) -> (reading: Int32, writing: Int32) {
        switch output {
        case .lines:
            let pipe = try Pipe()
            return (pipe.reading, pipe.writing)
        case .file(let path):
            let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
            guard file >= 0 else { throw Failure(code: errno) }
            return (-1, file)
        }
    }

    private func spawn(output: Int32, errors: Int32) throws(Failure) -> pid_t {
        guard access(program, X_OK) == 0 else { throw Failure(code: errno) }
        Self.closeOnExec()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, errors, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        setSignals(&attributes)
        let words = Self.deathTie + [program] + arguments
        var pid: pid_t = 0
        let code = withCStrings(words) { argumentVector in
            withCStrings(environment.map { "\($0.key)=\($0.value)" }) { environmentVector in
                posix_spawn(&pid, words[0], &actions, &attributes, argumentVector, environmentVector)
            }
        }
        guard code == 0 else { throw Failure(code: code) }
        return pid
    }

    /// NIO's sockets stay open on exec, and a child that keeps a listener keeps its port; Glibc's module has no
    /// `posix_spawn_file_actions_addclosefrom_np`.
    private static func closeOnExec() {
        guard let directory = opendir("/proc/self/fd") else { return }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let descriptor = Int32(name), descriptor > 2 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        }
    }

    private func setSignals(_ attributes: inout posix_spawnattr_t) {
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes,
            Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP)
        )
    }

    /// `setpriv` (util-linux) keeps its process id through exec, so that signals still reach the program itself.
    private static let deathTie: [String] = {
        let path = "/usr/bin/setpriv"
        return access(path, X_OK) == 0 ? [path, "--pdeathsig", "KILL"] : []
    }()

    private struct Pipe {
        var reading: Int32
        var writing: Int32

        init() throws(Failure) {
            var ends: [Int32] = [-1, -1]
            guard pipe(&ends) == 0 else { throw Failure(code: errno) }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            (reading, writing) = (ends[0], ends[1])
        }
    }
}

/// Runs `body` with a null-terminated vector of C strings.
private func withCStrings<Result>(
    _ strings: [String],
    _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
}
