// SPDX-License-Identifier: Apache-2.0

/// Reads the bytes as what clients of one broker do: see `BrokerTrial`, which the unit tests run with random bytes.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    do {
        try BrokerTrial.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
    } catch {
        fatalError("\(error)")
    }
    return 0
}
