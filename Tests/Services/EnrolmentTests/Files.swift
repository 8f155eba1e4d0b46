// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Whether a file was there and is gone.
func remove(_ path: String) -> Bool { unlink(path) == 0 }
