// SPDX-License-Identifier: Apache-2.0

/// Memory for one row's body, used again for the next.
final class RowBuffer {
    private(set) var bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 8)

    deinit {
        bytes.deallocate()
    }

    /// Makes room for `count` bytes; what was in the buffer is gone.
    func reserve(_ count: Int) {
        guard count > bytes.count else { return }
        bytes.deallocate()
        bytes = .allocate(byteCount: count * 2, alignment: 8)
    }
}
