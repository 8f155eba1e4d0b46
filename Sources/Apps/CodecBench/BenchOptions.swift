// SPDX-License-Identifier: Apache-2.0

/// What to measure.
package struct BenchOptions: Sendable {
    /// Payload bytes of one packet: no batch is longer.
    package var mtu = 1_200
    /// Events of one batch at most; nil for as many as fit.
    package var batchEvents: Int?
    /// Events measured at most, behind those that trained; nil for all.
    package var measuredEvents: Int? = 4_000
    /// Bytes of topics and payloads of the primer's samples.
    package var primerLimit = 16 << 10
    /// Further primer sizes to show; 0 is none.
    package var primerSizes: [Int] = []

    package init() {}
}
