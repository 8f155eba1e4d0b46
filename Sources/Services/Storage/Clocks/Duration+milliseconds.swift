// SPDX-License-Identifier: Apache-2.0

extension Duration {
    /// Whole milliseconds.
    var milliseconds: Int64 {
        let (seconds, overflow) = components.seconds.multipliedReportingOverflow(by: 1_000)
        return overflow ? .max : seconds + components.attoseconds / 1_000_000_000_000_000
    }
}
