// SPDX-License-Identifier: Apache-2.0

import Events
package import Notary
import Provenance

/// What `audit` prints.
package struct AuditReport {
    private let audit: Audit

    package init(_ audit: Audit) {
        self.audit = audit
    }

    /// Whether the log is as it was signed.
    package var isClean: Bool { audit.findings.isEmpty }

    package var text: String {
        var lines = audit.findings.map(Self.sentence)
        if audit.findings.count == Audit.maximumFindings { lines.append("... and maybe more: these are the first") }
        lines.append("\(audit.compared) events compared with what was signed, \(audit.checkpoints) checkpoints hold")
        if audit.dropped > 0 {
            lines.append("\(audit.dropped) older events are dropped (SLUICE_HUB_KEEP): only their hashes are here")
        }
        lines.append(isClean ? "the log is as it was signed" : "the log is NOT as it was signed")
        return lines.map { $0 + "\n" }.joined()
    }

    private static func sentence(_ finding: HistoryFinding) -> String {
        switch finding {
        case .missing(let count, let first?, let next?):
            let last = next.sequence - 1
            let end = count == 1 ? "" : " to \(last)"
            return "missing: \(first.text)\(end)"
        case .missing(let count, _, let next?): return "missing: \(count) events before \(next.text)"
        case .missing(let count, _, nil): return "missing: \(count) events at the end of the log"
        case .changed(let identity): return "changed: \(identity.text)"
        case .reordered(let identity): return "reordered: \(identity.text)"
        case .added(let identity): return "added: \(identity.text) was not in the log when that was signed"
        case .altered(let first, let last):
            return "altered: between \(first.text) and \(last.text), in the log or in provenance.db"
        case .forked(let size): return "forked: the log does not begin with the one that was signed at \(size) leaves"
        }
    }
}
