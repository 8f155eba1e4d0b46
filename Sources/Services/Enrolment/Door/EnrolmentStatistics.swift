// SPDX-License-Identifier: Apache-2.0

/// Counters of an enrolment door since it was opened.
package struct EnrolmentStatistics: Sendable, Equatable {
    /// Certificates, for tokens and for older certificates.
    package var issued: UInt64
    /// Requests without a certificate as an answer.
    package var refused: UInt64

    package init(issued: UInt64 = 0, refused: UInt64 = 0) {
        self.issued = issued
        self.refused = refused
    }
}
