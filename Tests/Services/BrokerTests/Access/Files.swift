// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Runs `body` with a directory of its own, which is removed after it.
func withDirectory(_ body: (String) async throws -> Void) async throws {
    var template = Array("/tmp/sluice-broker-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw FileFault(what: "mkdtemp") }
    let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    defer { _ = system("rm -rf \(path)") }
    try await body(path)
}

func writeFile(_ path: String, _ text: String) throws {
    guard let file = fopen(path, "w") else { throw FileFault(what: path) }
    fputs(text, file)
    fclose(file)
    chmod(path, 0o600)
}

struct FileFault: Error {
    var what: String
}
