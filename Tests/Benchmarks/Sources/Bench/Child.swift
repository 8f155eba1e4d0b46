// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A program under measurement.
final class Child {
    let pid: pid_t
    private var ended = false

    /// - Parameter environment: added to this process's own.
    init(_ path: String, _ arguments: [String], environment: [String: String] = [:], log: String = "/dev/null") throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var words = Self.copies([path] + arguments)
        var inherited: [String] = []
        for name: String in ["PATH", "HOME", "LD_LIBRARY_PATH"] {
            if let value = getenv(name) { inherited.append("\(name)=\(String(cString: value))") }
        }
        var variables = Self.copies(inherited + environment.map { "\($0)=\($1)" })
        defer { for word in words + variables { free(word) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, path, &actions, nil, &words, &variables)
        guard code == 0 else { throw Failure("cannot start \(path): \(String(cString: strerror(code)))") }
        self.pid = pid
    }

    /// C strings to be freed by the caller, with the closing nil.
    private static func copies(_ words: [String]) -> [UnsafeMutablePointer<CChar>?] {
        var result: [UnsafeMutablePointer<CChar>?] = words.map { word in strdup(word) }
        result.append(nil)
        return result
    }

    deinit {
        end(SIGKILL)
    }

    /// Sends a signal and waits for the end.
    func end(_ signal: Int32 = SIGTERM) {
        guard !ended else { return }
        ended = true
        kill(pid, signal)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
    }

    /// Waits until the program ends by itself.
    func finish() {
        guard !ended else { return }
        ended = true
        var status: Int32 = 0
        waitpid(pid, &status, 0)
    }

    /// Resident memory in kilobytes: all of it, and the anonymous part.
    struct Memory {
        var all = 0
        var anonymous = 0
    }

    /// What the kernel counts as resident now.
    func memory() -> Memory {
        let lines = readFile("/proc/\(pid)/status").split(separator: "\n")
        func value(_ key: String) -> Int {
            guard let line = lines.first(where: { $0.hasPrefix(key) }) else { return 0 }
            return Int(line.split(separator: " ").dropLast().last.map { $0.trimmingTabs() } ?? "") ?? 0
        }
        return Memory(all: value("VmRSS:"), anonymous: value("RssAnon:"))
    }

    /// Bytes given to storage so far, as the kernel counts them (`write_bytes` in proc_pid_io(5)).
    func writtenBytes() -> Int { Bench.writtenBytes(of: "\(pid)") }

    /// CPU seconds used so far.
    func cpuSeconds() -> Double {
        let text = readFile("/proc/\(pid)/stat")
        guard let close = text.lastIndex(of: ")") else { return 0 }
        let fields = text[close...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}

extension Substring {
    fileprivate func trimmingTabs() -> String { String(self.filter { $0 != "\t" }) }
}

/// What a process, or `self`, has had written to storage; 0 where the kernel does not say.
func writtenBytes(of process: String) -> Int {
    let lines = readFile("/proc/\(process)/io").split(separator: "\n")
    return lines.first { $0.hasPrefix("write_bytes: ") }.flatMap { Int($0.dropFirst(13)) } ?? 0
}

/// The whole of a small file as text; empty when it cannot be read.
func readFile(_ path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = fread(&chunk, 1, chunk.count, file)
        guard count > 0 else { break }
        bytes += chunk[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
}
