// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Bytes of a file or of standard input, whole or line by line, exactly as they are.
final class InputBytes {
    /// It could not be read.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private let descriptor: Int32
    private let name: String
    private var buffer: ArraySlice<UInt8> = []
    private var ended = false

    static var standard: InputBytes { InputBytes(descriptor: STDIN_FILENO, name: "standard input") }

    init(path: String) throws {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        name = path
        guard descriptor >= 0 else {
            throw Failure(description: "cannot read \(path): \(String(cString: strerror(errno)))")
        }
    }

    private init(descriptor: Int32, name: String) {
        self.descriptor = descriptor
        self.name = name
    }

    deinit {
        if descriptor != STDIN_FILENO { close(descriptor) }
    }

    /// Everything that is left.
    func rest() throws -> ArraySlice<UInt8> {
        while !ended { try fill() }
        return buffer
    }

    /// The next line without its newline; nil at the end.
    func nextLine() throws -> [UInt8]? {
        var searched = buffer.startIndex
        while true {
            if let newline = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { buffer = buffer[(newline + 1)...] }
                return Array(buffer[..<newline])
            }
            if ended {
                defer { buffer = [] }
                return buffer.isEmpty ? nil : Array(buffer)
            }
            let distance = buffer.count
            try fill()
            searched = buffer.startIndex + distance
        }
    }

    private func fill() throws {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = read(descriptor, &chunk, chunk.count)
        guard count >= 0 else {
            if errno == EINTR { return }
            throw Failure(description: "cannot read \(name): \(String(cString: strerror(errno)))")
        }
        if count == 0 { ended = true }
        // A fresh array: what was consumed goes.
        buffer = ArraySlice(Array(buffer) + chunk[..<count])
    }
}
