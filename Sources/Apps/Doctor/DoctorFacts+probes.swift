// SPDX-License-Identifier: Apache-2.0

import CTimex
import Glibc

extension DoctorFacts.Directory {
    /// Looks at a state directory; changes nothing.
    init(looking path: String) {
        self.init(path: path)
        user = geteuid()
        var status = stat()
        guard stat(path, &status) == 0 else {
            isThere = false
            isWritable = access(Self.nearest(to: path), W_OK | X_OK) == 0
            return
        }
        isDirectory = status.st_mode & S_IFMT == S_IFDIR
        isWritable = access(path, W_OK | X_OK) == 0
        isOpenToOthers = status.st_mode & 0o007 != 0
        owner = status.st_uid
    }

    /// The path itself, or the nearest directory above it that is there.
    static func nearest(to path: String) -> String {
        var parts = path.split(separator: "/")
        while !parts.isEmpty, access("/" + parts.joined(separator: "/"), F_OK) != 0 { parts.removeLast() }
        return "/" + parts.joined(separator: "/")
    }
}

extension DoctorFacts.Disk {
    /// Looks at what a directory lies on; nil when the kernel does not say.
    init?(below path: String) {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        guard let mount = MountTable(Self.text("/proc/self/mountinfo")).mount(of: String(cString: real)) else {
            return nil
        }
        self.init()
        fileSystem = mount.fileSystem
        mountPoint = mount.point
        options = mount.options
        // A partition's queue is that of its disk.
        let device = "/sys/dev/block/\(mount.device)"
        writeCache =
            ["/queue/write_cache", "/../queue/write_cache"].lazy
            .map { Self.text(device + $0).split(separator: "\n").first.map(String.init) }
            .first { $0 != nil } ?? nil
        var room = statvfs()
        guard statvfs(path, &room) == 0 else { return nil }
        freeBytes = Int64(clamping: room.f_bavail) * Int64(clamping: room.f_frsize)
        // Some file systems have no table of files that could be full.
        freeFiles = room.f_files > 0 ? UInt64(room.f_favail) : nil
    }

    private static func text(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while bytes.count < 4 << 20 {
            let count = read(descriptor, &chunk, chunk.count)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension DoctorFacts.Sync {
    private static let rounds = 24

    /// Writes a page some times, and then some times with a sync, into a file of its own.
    init?(measuring directory: String) {
        let path = directory + "/sync"
        let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        defer {
            close(descriptor)
            unlink(path)
        }
        let page = [UInt8](repeating: 0x53, count: 4096)
        var failed = false
        let clock = ContinuousClock()
        func median(_ body: (Int) -> Bool) -> Double {
            var times: [Duration] = []
            for round in 0..<Self.rounds {
                times.append(clock.measure { failed = !body(round) || failed })
            }
            return times.sorted()[Self.rounds / 2] / .microseconds(1)
        }
        let write = median { pwrite(descriptor, page, page.count, off_t($0 * page.count)) == page.count }
        let sync = median {
            pwrite(descriptor, page, page.count, off_t($0 * page.count)) == page.count && fdatasync(descriptor) == 0
        }
        guard !failed else { return nil }
        self.init(write: write, sync: sync)
    }
}

extension DoctorFacts.Clock {
    /// Reads the clock of this machine.
    static var now: DoctorFacts.Clock {
        var time = time(nil)
        var parts = tm()
        gmtime_r(&time, &parts)
        var state = timex()
        // Answers TIME_ERROR, too, when nobody keeps it (adjtimex(2)).
        let isSynchronized = adjtimex(&state) >= 0 && state.status & STA_UNSYNC == 0
        return DoctorFacts.Clock(year: Int(parts.tm_year) + 1900, isSynchronized: isSynchronized)
    }
}

extension DoctorFacts.Listener {
    /// Tries to take an address without listening on it.
    init(trying host: String, port: Int) {
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &found) == 0, let found else {
            self = .unusable("not an address of this machine")
            return
        }
        defer { freeaddrinfo(found) }
        let descriptor = socket(found.pointee.ai_family, found.pointee.ai_socktype, 0)
        defer { close(descriptor) }
        var on: Int32 = 1
        // As the broker does: what a stopped one left behind is no obstacle.
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, found.pointee.ai_addr, found.pointee.ai_addrlen) != 0 else {
            self = .free
            return
        }
        self = errno == EADDRINUSE ? .taken : .unusable(String(cString: strerror(errno)))
    }
}
