// SPDX-License-Identifier: Apache-2.0

/// What a byte cell expects, and where the candidates are kept.
struct ByteGuess {
    var value: UInt8
    var candidates: ByteCell.Candidates
    var successorPlace: Int
    var framePlace: Int
    var keyedPlace: Int
    var keyedSuccessorPlace: Int
}
