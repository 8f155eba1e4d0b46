// SPDX-License-Identifier: Apache-2.0

import Keys
import TestSupport

extension Certificates {
    var files: TLSFiles { TLSFiles(certificate: path("server.pem"), key: path("server.key")) }
}
