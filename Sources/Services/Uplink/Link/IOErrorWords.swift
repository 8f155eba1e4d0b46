// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Words for error numbers, without the system call's name.
enum IOErrorWords {
    static func text(_ code: CInt) -> String {
        switch code {
        case ECONNREFUSED: "connection refused"
        case ECONNRESET: "connection reset"
        case ETIMEDOUT: "timed out"
        case ENETUNREACH: "network unreachable"
        case EHOSTUNREACH: "host unreachable"
        case EPIPE: "connection closed"
        default: strerror(code).map { String(cString: $0) } ?? "error \(code)"
        }
    }
}
