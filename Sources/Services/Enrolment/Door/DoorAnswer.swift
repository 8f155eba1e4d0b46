// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1

/// What the door says, of something that was wrong, too.
struct DoorAnswer: Error, Sendable {
    let status: HTTPResponseStatus
    let text: String
    /// Whether it may have been a try at a token.
    let isGuess: Bool

    init(_ status: HTTPResponseStatus, _ text: String, isGuess: Bool = false) {
        self.status = status
        self.text = text
        self.isGuess = isGuess
    }
}
