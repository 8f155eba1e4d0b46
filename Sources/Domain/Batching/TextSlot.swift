// SPDX-License-Identifier: Apache-2.0

/// What a slot of text held last, and how large its codes have been.
struct TextSlot {
    var last = TextCell()
    var level = Level()
}
