// SPDX-License-Identifier: Apache-2.0

/// The run of zeros of each kind of ``Level``.
struct Runs {
    private var runs: (RunLength, RunLength, RunLength, RunLength) = (
        RunLength(), RunLength(), RunLength(), RunLength()
    )

    /// Forgets where each run was and keeps how long its pieces are.
    mutating func restart() {
        for run in 0..<Level.runs { self[run].restart() }
    }

    subscript(index: Int) -> RunLength {
        @inline(__always)
        get {
            switch index {
            case 0: runs.0
            case 1: runs.1
            case 2: runs.2
            default: runs.3
            }
        }
        @inline(__always)
        set {
            switch index {
            case 0: runs.0 = newValue
            case 1: runs.1 = newValue
            case 2: runs.2 = newValue
            default: runs.3 = newValue
            }
        }
    }
}
