// SPDX-License-Identifier: Apache-2.0

/// Why a batch cannot be explained, and where that shows.
package struct BatchDamage: Error, Equatable, Sendable {
    package var fault: BatchFault
    package var place: BatchPlace
}

extension BatchDamage: CustomStringConvertible {
    package var description: String {
        switch fault {
        case .malformed(let reason): "damaged \(place): \(reason)"
        case .unsupported(let what): "this program does not know \(what)"
        case .tooLarge(let what): "more than this program opens, \(place): \(what)"
        case .primerWanted(let identifier): "builds on primer \(identifier)"
        }
    }
}
