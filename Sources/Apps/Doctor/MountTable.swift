// SPDX-License-Identifier: Apache-2.0

/// What is mounted where, as `/proc/self/mountinfo` says it (proc_pid_mountinfo(5)).
package struct MountTable {
    package struct Mount: Equatable {
        package var device: String
        package var point: String
        package var fileSystem: String
        /// Those of the mount and those of the file system.
        package var options: Set<String>
    }

    private var mounts: [Mount] = []

    package init(_ text: String) {
        mounts = text.split(separator: "\n").compactMap { Self.mount($0) }
    }

    private static func mount(_ line: Substring) -> Mount? {
        let fields = line.split(separator: " ")
        // 36 35 98:0 /root /point options optional... - type source options
        guard fields.count > 6, let dash = fields.dropFirst(6).firstIndex(of: "-"), fields.count > dash + 3 else {
            return nil
        }
        let options = fields[5].split(separator: ",") + fields[dash + 3].split(separator: ",")
        return Mount(
            device: String(fields[2]),
            point: unescaped(fields[4]),
            fileSystem: String(fields[dash + 1]),
            options: Set(options.map(String.init))
        )
    }

    /// Spaces and the like are written in octal.
    private static func unescaped(_ field: Substring) -> String {
        var out: [UInt8] = []
        var rest = Array(field.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(3), as: UTF8.self)
            if byte == UInt8(ascii: "\\"), digits.utf8.count == 3, let code = UInt8(digits, radix: 8) {
                out.append(code)
                rest = rest.dropFirst(3)
            } else {
                out.append(byte)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// What a path without links lies on; of several on one another, the last.
    package func mount(of path: String) -> Mount? {
        mounts.enumerated().filter { _, mount in
            mount.point == "/" || path == mount.point || path.hasPrefix(mount.point + "/")
        }
        .max { ($0.element.point.utf8.count, $0.offset) < ($1.element.point.utf8.count, $1.offset) }?.element
    }
}
