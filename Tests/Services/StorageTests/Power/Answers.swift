// SPDX-License-Identifier: Apache-2.0

import Storage
import Synchronization

/// Answers in the order in which they came.
final class Answers<Value: Sendable>: Sendable {
    private let answers = Mutex<[Result<Value, StoreError>]>([])
    private let count: Int
    private let done: @Sendable ([Result<Value, StoreError>]) -> Void

    init(count: Int, done: @escaping @Sendable ([Result<Value, StoreError>]) -> Void) {
        self.count = count
        self.done = done
    }

    func add(_ answer: Result<Value, StoreError>) {
        let all = answers.withLock { answers in
            answers.append(answer)
            return answers
        }
        if all.count == count { done(all) }
    }
}
