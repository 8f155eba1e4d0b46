// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Finds the two programs: in the directory that `TORTURE_BIN_DIR` names, beside the running program, in the build
/// directory, and in PATH.
package enum Programs {
    /// A program was in none of the places.
    package struct NotFound: Error, CustomStringConvertible {
        package var name: String
        package var places: [String]

        package var description: String {
            "\(name) is not in \(places.joined(separator: ", ")); install the package \(name) or build it (swift build)"
        }
    }

    /// The path of `name`: `sluice` or `sluice-hub`.
    package static func find(_ name: String) throws(NotFound) -> String {
        let places = places()
        for place in places where access("\(place)/\(name)", X_OK) == 0 { return "\(place)/\(name)" }
        throw NotFound(name: name, places: places)
    }

    private static func places() -> [String] {
        let named = variable("TORTURE_BIN_DIR").map { [$0] } ?? []
        let path = variable("PATH").map { $0.split(separator: ":").map(String.init) } ?? []
        return named + [ownDirectory(), ".build/debug"].compactMap(\.self) + path
    }

    private static func ownDirectory() -> String? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                characters.baseAddress.map { readlink("/proc/self/exe", $0, characters.count) } ?? -1
            }
        }
        guard count > 0 else { return nil }
        let program = String(decoding: buffer[..<count], as: UTF8.self)
        return program.lastIndex(of: "/").map { String(program[..<$0]) }
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}
