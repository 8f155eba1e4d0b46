// SPDX-License-Identifier: Apache-2.0

import Events

/// Lines of an access list that hold for one client.
struct RuleSet: Sendable, Equatable {
    private(set) var denied: [TopicFilter] = []
    private(set) var readable: [TopicFilter] = []
    private(set) var writable: [TopicFilter] = []

    mutating func add(_ permission: AccessList.Permission, _ filter: TopicFilter) {
        switch permission {
        case .deny: denied.append(filter)
        case .read: readable.append(filter)
        case .write: writable.append(filter)
        case .readwrite:
            readable.append(filter)
            writable.append(filter)
        }
    }

    func denies(_ topic: some Collection<UInt8>) -> Bool { denied.contains { $0.matches(topic) } }
    func allowsReading(_ topic: some Collection<UInt8>) -> Bool { readable.contains { $0.matches(topic) } }
    func allowsWriting(_ topic: some Collection<UInt8>) -> Bool { writable.contains { $0.matches(topic) } }

    /// Whether all that `filter` can match is denied.
    func denies(all filter: TopicFilter) -> Bool { denied.contains { $0.covers(filter) } }

    /// Whether something that `filter` can match may be read.
    func allowsReading(someOf filter: TopicFilter) -> Bool { readable.contains { $0.overlaps(filter) } }
}
