// SPDX-License-Identifier: Apache-2.0

import Storage
import TestSupport

extension SystemCalls {
    /// Those of a machine whose power can be cut.
    init(_ disk: PowerDisk) {
        self.init(
            create: { disk.create($0) },
            open: { disk.open($0) },
            write: { disk.write($0, $1, $2) },
            sync: { disk.sync($0) },
            close: { disk.close($0) },
            rename: { disk.rename($0, $1) },
            remove: { disk.remove($0) },
            syncDirectory: { _ in disk.syncDirectory() },
            bootID: { disk.bootID }
        )
    }
}
