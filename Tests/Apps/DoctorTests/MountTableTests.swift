// SPDX-License-Identifier: Apache-2.0

import Doctor
import Testing

@Suite struct MountTableTests {
    private let table = MountTable(
        """
        22 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw,errors=remount-ro
        40 22 0:35 / /var/lib rw,noatime shared:20 master:3 - btrfs /dev/sdb rw,nobarrier
        41 40 0:36 / /var/lib/my\\040data ro - tmpfs tmpfs rw,size=64k
        42 22 0:37 / /var/lib rw - xfs /dev/sdc rw
        nonsense
        """
    )

    @Test func `a path lies on the longest mount point above it`() {
        #expect(table.mount(of: "/etc")?.fileSystem == "ext4")
        #expect(table.mount(of: "/etc")?.device == "8:2")
        #expect(table.mount(of: "/var/library")?.fileSystem == "ext4", "a name that only begins so is another one")
        #expect(table.mount(of: "/var/lib/my data/store")?.fileSystem == "tmpfs", "a space is written in octal")
    }

    @Test func `of two mounts on one point the last is seen`() {
        #expect(table.mount(of: "/var/lib")?.fileSystem == "xfs")
    }

    @Test func `options of mount and file system count`() {
        #expect(table.mount(of: "/var/lib/my data")?.options == ["ro", "rw", "size=64k"])
    }
}
