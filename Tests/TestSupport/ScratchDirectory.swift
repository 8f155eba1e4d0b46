// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A directory for one test, removed after it.
package enum ScratchDirectory {
    package struct Fault: Error {
        package var code: CInt
    }

    package static func with<Result>(_ body: (_ path: String) throws -> Result) throws -> Result {
        var template = Array("/tmp/sluice-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Fault(code: errno) }
        let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        defer { remove(path) }
        return try body(path)
    }

    private static func remove(_ path: String) {
        guard let stream = opendir(path) else { return }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            let inner = path + "/" + name
            if entry.pointee.d_type == UInt8(DT_DIR) { remove(inner) } else { unlink(inner) }
        }
        rmdir(path)
    }
}
