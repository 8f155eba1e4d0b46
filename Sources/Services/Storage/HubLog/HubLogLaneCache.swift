// SPDX-License-Identifier: Apache-2.0

/// The lanes used last, so that landing a batch reads nothing from the database.
///
/// Holds only what is committed. When full, the quarter that was used longest ago goes.
final class HubLogLaneCache {
    private let capacity: Int
    private var lanes: [HubLogLane.Key: (lane: HubLogLane, used: UInt64)] = [:]
    private var clock: UInt64 = 0
    private var fronts: [HubLogFront: UInt64] = [:]

    init(capacity: Int) {
        self.capacity = max(4, capacity)
    }

    var count: Int { lanes.count }

    func lane(_ key: HubLogLane.Key) -> HubLogLane? {
        guard let index = lanes.index(forKey: key) else { return nil }
        clock += 1
        lanes.values[index].used = clock
        return lanes.values[index].lane
    }

    func store(_ lane: HubLogLane) {
        clock += 1
        lanes[lane.key] = (lane, clock)
        if lanes.count > capacity { evict() }
    }

    /// The last opening of which events have landed; nil when that is to be looked up.
    func front(_ name: HubLogFront) -> UInt64? { fronts[name] }

    func store(_ fronts: [HubLogFront: UInt64]) {
        self.fronts.merge(fronts) { _, new in new }
        // They are looked up again when they are needed.
        if self.fronts.count > capacity { self.fronts.removeAll() }
    }

    func removeAll() {
        lanes.removeAll()
        fronts.removeAll()
    }

    private func evict() {
        let ages = lanes.values.map(\.used).sorted()
        let limit = ages[ages.count / 4]
        lanes = lanes.filter { $0.value.used > limit }
    }
}
