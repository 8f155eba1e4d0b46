// SPDX-License-Identifier: Apache-2.0

import Settings

extension DoctorFacts {
    /// A sync that takes less than this, in microseconds, has reached no medium that outlives the power.
    ///
    /// Flash takes some hundred, a cache with a battery behind a PCIe bus ten or more.
    private static let fastestSync = 8.0
    /// Room below which nothing can be written safely.
    private static let leastRoom: Int64 = 16 << 20
    private static let leastFiles: UInt64 = 64
    /// SQLite's WAL needs memory that all processes share, which these do not give beyond one machine
    /// (https://sqlite.org/wal.html), and their locks and syncs are another machine's word.
    private static let network: Set<String> = [
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "fuse.sshfs", "fuse.rclone",
        "fuse.glusterfs", "vboxsf", "virtiofs",
    ]

    var diskFindings: [Finding] {
        guard let disk else { return [] }
        return [fileSystem(disk), sync(disk), room(disk), files(disk)].compactMap(\.self)
    }

    private func fileSystem(_ disk: Disk) -> Finding {
        let name = "\(disk.mountPoint) (\(disk.fileSystem))"
        let check = "file-system"
        if disk.options.contains("ro") {
            return Finding(
                .fail,
                check,
                "\(name) is mounted read-only",
                advice:
                    "mount -o remount,rw \(disk.mountPoint); a disk that failed is remounted so: see the kernel's log"
            )
        }
        switch disk.fileSystem {
        case "tmpfs", "ramfs":
            return Finding(
                .warn,
                check,
                "\(name) is memory: events are gone with the power",
                advice: "set SLUICE_STATE_DIR to a disk"
            )
        case "overlay", "aufs":
            return Finding(
                .warn,
                check,
                "\(name) is a container's or live system's layer: events are gone with it",
                advice: "mount a volume on the state directory"
            )
        case let kind where Self.network.contains(kind):
            return Finding(
                .warn,
                check,
                "\(name) is another machine's disk: SQLite's WAL is not safe there",
                advice: "set SLUICE_STATE_DIR to a disk of this machine"
            )
        default: break
        }
        if let option = disk.options.first(where: { ["nobarrier", "barrier=0", "nobarriers"].contains($0) }) {
            return Finding(
                .warn,
                check,
                "\(name) is mounted with \(option): a sync need not reach the medium",
                advice: "mount it without that option, unless its cache has a battery"
            )
        }
        return Finding(.ok, check, "\(name) keeps what is synced")
    }

    private func sync(_ disk: Disk) -> Finding? {
        guard let sync else { return nil }
        let times = "a write takes \(Self.words(sync.write)), one that is synced \(Self.words(sync.sync))"
        let cache = disk.writeCache.map { "; the disk's cache: \($0)" } ?? ""
        // What lies in memory has its own finding.
        guard !["tmpfs", "ramfs"].contains(disk.fileSystem), sync.sync < max(Self.fastestSync, 1.5 * sync.write) else {
            return Finding(.ok, "sync", times + cache)
        }
        return Finding(
            .warn,
            "sync",
            "\(times): too fast to have reached a medium\(cache)",
            advice: "check that no layer below ignores syncs (eatmydata, a virtual disk with cache=unsafe)"
        )
    }

    private static func words(_ microseconds: Double) -> String {
        microseconds < 1000 ? "\(Int(microseconds.rounded())) us" : "\((microseconds / 100).rounded() / 10) ms"
    }

    private func room(_ disk: Disk) -> Finding {
        let missing = max(0, budget - used) - disk.freeBytes
        let free = Self.size(disk.freeBytes)
        if disk.freeBytes < Self.leastRoom {
            return Finding(
                .fail,
                "room",
                "only \(free) are free on \(disk.mountPoint)",
                advice: "make room: a full disk takes no events"
            )
        }
        guard missing > 0 else {
            return Finding(
                .ok,
                "room",
                "\(free) free, enough for the \(Self.size(max(0, budget - used))) that the buffer may still grow by"
            )
        }
        return Finding(
            .warn,
            "room",
            "\(free) free, and the buffer may still grow by \(Self.size(budget - used)): the disk is full before it is",
            advice:
                "free \(Self.size(missing)), or lower SLUICE_BUFFER_MAX to \(Self.size((used + disk.freeBytes) / 8 * 7))"
        )
    }

    private func files(_ disk: Disk) -> Finding? {
        guard let free = disk.freeFiles else { return nil }
        guard free < Self.leastFiles else { return Finding(.ok, "files", "room for \(free) more files") }
        return Finding(
            free < 8 ? .fail : .warn,
            "files",
            "room for only \(free) more files on \(disk.mountPoint), whatever is free in bytes",
            advice: "delete files that nobody needs (`df -i`)"
        )
    }

    /// Whole mebibytes, rounded down.
    private static func size(_ bytes: Int64) -> String {
        bytes >= 1 << 20 ? "\(bytes >> 20)MiB" : "\(bytes >> 10)KiB"
    }
}
