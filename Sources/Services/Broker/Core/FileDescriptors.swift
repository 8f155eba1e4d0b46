// SPDX-License-Identifier: Apache-2.0

import Glibc

/// How many sockets this process may have open.
enum FileDescriptors {
    /// Raises the soft limit as far as the hard one allows, if that is needed for `count` sockets.
    ///
    /// The soft limit is 1,024 by default, for the sake of select(2), which is not used here (getrlimit(2)).
    ///
    /// - Returns: the limit that holds now.
    static func allow(_ count: Int) -> Int {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0 else { return 0 }
        let wanted = min(rlim_t(count), limit.rlim_max)
        guard limit.rlim_cur < wanted else { return Int(clamping: limit.rlim_cur) }
        limit.rlim_cur = wanted
        _ = setrlimit(resource, &limit)
        _ = getrlimit(resource, &limit)
        return Int(clamping: limit.rlim_cur)
    }
}
