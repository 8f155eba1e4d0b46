// SPDX-License-Identifier: Apache-2.0

package import Keys

/// Why an uplink cannot run at all; a hub that cannot be reached is no such reason.
package enum UplinkFault: Error, Equatable, CustomStringConvertible {
    /// What is configured contradicts itself.
    case configuration(String)
    /// The certificates cannot be used.
    case certificates(TLSFault)

    package var description: String {
        switch self {
        case .configuration(let text): text
        case .certificates(let fault): fault.description
        }
    }
}
