// SPDX-License-Identifier: Apache-2.0

/// What a code of a batch stands for.
enum CodeColumn {
    case topic
    case template
    case attributes
    case time
    /// What fills a slot; the number is its place in ``TemplateTable/steps``.
    case slot(Int)
    /// How the decimal of the slot before is printed.
    case digits
}
