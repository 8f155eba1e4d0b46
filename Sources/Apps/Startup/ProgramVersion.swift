// SPDX-License-Identifier: Apache-2.0

/// The version of both programs: `--version`, the packages, and the newest heading of the changelog.
package enum ProgramVersion {
    package static let text = "0.1.0"
}
