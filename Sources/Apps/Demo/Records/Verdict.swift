// SPDX-License-Identifier: Apache-2.0

/// What the publishers' records say about a hub's export.
package struct Verdict: Sendable, Equatable {
    /// Publications, each counted once however often it was sent.
    package var published = 0
    /// Publications that the agent acknowledged.
    package var acknowledged = 0
    /// Sends beyond the first: each is a new event by right, not a duplicate.
    package var resentByDevices = 0
    /// Distinct identities in the export.
    package var landed = 0
    /// Acknowledged publications that no row shows.
    package var lost = 0
    /// Rows whose identity was there before, and rows beyond the number of times their publication was sent.
    package var duplicated = 0
    /// First occurrences that came after the first occurrence of a later publication of their topic.
    package var outOfOrder = 0
    /// Rows that show what nobody published: a changed topic or payload.
    package var foreign = 0
    /// The first few faults, in words.
    package var findings: [String] = []

    package init() {}

    /// Nothing lost, duplicated, out of order or changed.
    package var isClean: Bool { lost == 0 && duplicated == 0 && outOfOrder == 0 && foreign == 0 }
}

extension Verdict: CustomStringConvertible {
    package var description: String {
        let counts = """
            published \(published), acknowledged \(acknowledged), resent by devices \(resentByDevices), \
            landed \(landed), lost \(lost), duplicated \(duplicated), out of order \(outOfOrder), foreign \(foreign)
            """
        return ([counts] + findings).joined(separator: "\n  ")
    }
}
