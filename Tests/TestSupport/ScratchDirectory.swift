// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A directory for one test, removed after it.
package enum ScratchDirectory {
    package struct Fault: Error {
        package var code: CInt
    }

    package static func with<Result>(_ body: (_ path: String) throws -> Result) throws -> Result {
        let path = try make()
        defer { remove(path) }
        return try body(path)
    }

    package static func withAsync(_ body: (_ path: String) async throws -> Void) async throws {
        let path = try make()
        defer { remove(path) }
        try await body(path)
    }

    private static func make() throws -> String {
        var template = Array("/tmp/sluice-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Fault(code: errno) }
        return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
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
