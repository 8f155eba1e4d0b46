// SPDX-License-Identifier: Apache-2.0

extension RawSpan {
    /// Runs `body` over the bytes; typed throws go through.
    func withBytes<Result, Fault: Error>(
        _ body: (UnsafeBufferPointer<UInt8>) throws(Fault) -> Result
    ) throws(Fault) -> Result {
        try withUnsafeBytes { (raw) throws(Fault) in
            try body(raw.bindMemory(to: UInt8.self))
        }
    }
}

extension [UInt8] {
    /// Runs `body` over the bytes; typed throws go through.
    func withBytes<Result, Fault: Error>(
        _ body: (UnsafeBufferPointer<UInt8>) throws(Fault) -> Result
    ) throws(Fault) -> Result {
        try withUnsafeBufferPointer { (bytes) throws(Fault) in try body(bytes) }
    }
}
