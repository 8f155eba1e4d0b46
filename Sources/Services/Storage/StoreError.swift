// SPDX-License-Identifier: Apache-2.0

/// Why a store or log could not do what was asked; `description` says what happened, to what, and what to do.
package enum StoreError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Another process has the state directory.
    case locked(path: String)
    /// The directory cannot be made or written.
    case unwritable(path: String, reason: String)
    /// The disk is full; nothing was acknowledged, and writing resumes by itself when there is room.
    case diskFull(path: String)
    /// The file is damaged in a place that is needed; the next start salvages it.
    case damaged(path: String, reason: String)
    /// Reading or writing failed.
    case failed(path: String, reason: String)
    /// Made by a newer version of this program.
    case newerVersion(path: String, found: Int, supported: Int)
    /// The hub's log may take no more bytes, and what it holds may not go yet; landing resumes by itself.
    case overBudget(path: String, reason: String)
    /// The store was closed, or more waits to be written than the queue may hold.
    case unavailable(String)

    package var description: String {
        switch self {
        case .locked(let path):
            "\(path) is in use by another process: stop it, or give this one another state directory"
        case .unwritable(let path, let reason):
            "cannot write to \(path): \(reason): create it and make it writable for this user"
        case .diskFull(let path):
            "the disk that holds \(path) is full: nothing more is acknowledged until there is room"
        case .failed(let path, let reason):
            "\(path): \(reason)"
        case .damaged(let path, let reason):
            "\(path) is damaged (\(reason)): the next start takes over what is intact"
        case .newerVersion(let path, let found, let supported):
            "\(path) has format \(found), this program knows up to \(supported): install the newer version again"
        case .overBudget(let path, let reason):
            "\(path) has the bytes that SLUICE_HUB_KEEP allows: nothing more is acknowledged, because \(reason)"
        case .unavailable(let reason):
            reason
        }
    }
}
