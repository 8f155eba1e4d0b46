// SPDX-License-Identifier: Apache-2.0

package import Logging
import Storage

extension Launch {
    /// A disk that damages each store anew is not worked with for ever.
    private static let maximumSalvages = 8

    /// Runs `body`, and again each time that it ends because what is on disk was found damaged: opening it anew saves what
    /// can be read.
    package static func salvaging(logger: Logger, _ body: () async throws -> Void) async throws {
        for attempt in 1... {
            do {
                return try await body()
            } catch StoreError.damaged(let path, let reason) where attempt <= maximumSalvages {
                logger.error(
                    "starting anew to save what can be read",
                    metadata: ["store": "\(path)", "reason": "\(reason)"]
                )
            }
        }
    }
}
