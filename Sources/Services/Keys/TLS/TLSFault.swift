// SPDX-License-Identifier: Apache-2.0

/// Why TLS listeners cannot work with a file.
package struct TLSFault: Error, Equatable, CustomStringConvertible {
    package var variable: String
    package var path: String
    package var reason: String

    package var description: String { "\(variable)=\(path): \(reason)" }
}
