// SPDX-License-Identifier: Apache-2.0

import Crypto
package import Sealing

extension ContentKey {
    /// A new one, of the system's random numbers.
    package static func random() -> ContentKey { ContentKey(SymmetricKey(size: .bits256)) }
}
