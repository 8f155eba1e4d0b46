// SPDX-License-Identifier: Apache-2.0

/// Writes codes as bits; keeps its memory from batch to batch.
struct CodeWriter {
    private var bits = BitWriter()
    /// How many zeros stand before each other code of each run.
    private var gaps: [[Int32]] = Array(repeating: [], count: Level.runs)

    /// Appends the first `count` codes to `body`.
    ///
    /// - Parameter runs: in the state that the reader will have them in.
    /// - Returns: the runs after the last code.
    @discardableResult
    mutating func write(_ list: CodeList, count: Int, runs: Runs, into body: inout [UInt8]) -> Runs {
        findGaps(list, count)
        var runs = runs
        var next = Array(repeating: 0, count: Level.runs)
        var zeros = gaps.map { $0.first.map(Int.init) ?? .max }
        bits.removeAll()
        for index in 0..<count {
            let code = list.codes[index]
            let form = list.forms[index]
            switch form.kind {
            case .flat: bits.appendLong(code, count: form.order)
            case .golomb: Golomb.append(code, order: form.order, to: &bits)
            case .run(let run):
                runs[run].append(run: zeros[run], to: &bits)
                guard code != 0 else {
                    zeros[run] -= 1
                    continue
                }
                Golomb.append(code - 1, order: form.order, to: &bits)
                next[run] += 1
                zeros[run] = next[run] < gaps[run].count ? Int(gaps[run][next[run]]) : .max
            }
        }
        bits.finish()
        body.append(contentsOf: bits.bytes)
        return runs
    }

    private mutating func findGaps(_ list: CodeList, _ count: Int) {
        var zeros: [Int32] = Array(repeating: 0, count: Level.runs)
        for run in 0..<Level.runs { gaps[run].removeAll(keepingCapacity: true) }
        for index in 0..<count {
            guard case .run(let run) = list.forms[index].kind else { continue }
            if list.codes[index] == 0 {
                zeros[run] += 1
            } else {
                gaps[run].append(zeros[run])
                zeros[run] = 0
            }
        }
    }
}
