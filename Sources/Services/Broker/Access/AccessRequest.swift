// SPDX-License-Identifier: Apache-2.0

/// Who somebody says to be, and where it comes from.
struct AccessRequest: Sendable {
    var entrance: Entrance
    var userName: String?
    var password: [UInt8]?
    /// The name in the certificate that it showed.
    var certificateName: String?
    /// Its address without a port, for what is counted by address.
    var peer = "local"
    /// Whether nobody waits for the verdict any more.
    var isAbandoned: @Sendable () -> Bool = { false }
}
