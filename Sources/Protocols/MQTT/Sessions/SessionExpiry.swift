// SPDX-License-Identifier: Apache-2.0

/// Special values of the session expiry interval (MQTT 5.0 section 3.1.2.11.2).
package enum SessionExpiry {
    /// The session does not end by itself; so do those of MQTT 3.1.1 without clean session.
    package static let never = UInt32.max
}
