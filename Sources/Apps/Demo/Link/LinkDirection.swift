// SPDX-License-Identifier: Apache-2.0

/// Which way bytes travel through a link.
enum LinkDirection {
    /// From those who connect to the target.
    case up
    /// From the target back.
    case down
}
