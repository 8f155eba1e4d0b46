// SPDX-License-Identifier: Apache-2.0

/// A connection came before certificates were read.
struct NotLoaded: Error {}
