// SPDX-License-Identifier: Apache-2.0

/// Why a configuration is refused; `description` names the variable, its value and what is allowed.
package enum SettingFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// In neither program's table.
    case unknown(name: String, nearest: String?)
    /// The value cannot be read, or is out of bounds.
    case malformed(name: String, value: String, allowed: String)
    /// Two variables contradict each other.
    case contradiction(name: String, value: String, other: String, otherValue: String, allowed: String)

    package var description: String {
        switch self {
        case .unknown(let name, let nearest?):
            "\(name) is not a variable of Sluice: did you mean \(nearest)? `sluice config` lists all"
        case .unknown(let name, nil):
            "\(name) is not a variable of Sluice: `sluice config` lists all"
        case .malformed(let name, let value, let allowed):
            "\(name)=\(value) is not allowed: \(allowed)"
        case .contradiction(let name, let value, let other, let otherValue, let allowed):
            "\(name)=\(value) contradicts \(other)=\(otherValue): \(allowed)"
        }
    }
}
