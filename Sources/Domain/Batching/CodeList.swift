// SPDX-License-Identifier: Apache-2.0

/// The codes of a batch in their order, and how each of them is written.
struct CodeList {
    private(set) var codes: [UInt64] = []
    private(set) var forms: [CodeForm] = []
    /// Roughly the size of all codes, in 256ths of a bit.
    private(set) var cost = 0

    var count: Int { codes.count }

    mutating func removeAll() {
        codes.removeAll(keepingCapacity: true)
        forms.removeAll(keepingCapacity: true)
        cost = 0
    }

    @inline(__always)
    mutating func append(_ code: UInt64, _ level: inout Level) {
        codes.append(code)
        let form = level.form
        forms.append(form)
        cost += form.cost(code)
        level.learn(code)
    }

    mutating func removeLast(_ count: Int) {
        codes.removeLast(count)
        forms.removeLast(count)
    }
}
