// SPDX-License-Identifier: Apache-2.0

import Events
import MQTT
import NIOCore
import Synchronization

extension BrokerCore {
    /// Renews the topics below `$SYS` now, if somebody reads them, and again after each interval.
    ///
    /// They are retained in memory only, and never go to the store: a figure of a run is of no use to the next.
    func startSystemTopics() {
        guard configuration.sysInterval > .zero else { return }
        renewSystemTopics()
    }

    private func renewSystemTopics() {
        let statistics = statistics()
        var block = EventBlock()
        var attributes = EventAttributes()
        attributes.retain = true
        let encoded = attributes.encoded()
        let timestamp = now()
        let isStopping = state.withLock { state in
            let uptime = (eventLoop.now - started).nanoseconds / 1_000_000_000
            let figures = SystemTopics.Figures(
                statistics: statistics,
                uptime: uptime,
                retainedBytes: state.retained.bytes
            )
            for (topic, payload) in state.systemTopics.topics(figures) {
                block.append(
                    timestamp: timestamp,
                    topic: topic.utf8.span.bytes,
                    attributes: encoded.span.bytes,
                    payload: payload.utf8.span.bytes
                )
                if let record = block.records.last {
                    state.retained.set(KeptMessage(record, of: block), now: eventLoop.now)
                }
            }
            return state.isStopping
        }
        guard !isStopping else { return }
        // Who is away does not get old figures when it comes back.
        let routing = route(block, from: nil, retains: false, keeps: false)
        distribute(block, routing, .accepted)
        _ = eventLoop.scheduleTask(in: .init(configuration.sysInterval)) { self.renewSystemTopics() }
    }
}
