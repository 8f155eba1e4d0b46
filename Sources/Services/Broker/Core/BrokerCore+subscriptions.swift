// SPDX-License-Identifier: Apache-2.0

import Events
import MQTT
import Synchronization

extension BrokerCore {
    /// Enters subscriptions; what is to be durable before the client hears of them.
    func subscribe(_ session: BrokerSession, to subscriptions: [ServerSession.Subscription]) -> [StateChange] {
        var changes: [StateChange] = []
        state.withLock { state in
            for grant in subscriptions.map(\.grant) {
                insert(grant, for: session, into: &state.trie)
                let number = session.state.withLock { session in
                    session.grants[grant.filter] = grant
                    if let number = session.grantNumbers[grant.filter] { return number }
                    let number = makeRecordNumber()
                    session.grantNumbers[grant.filter] = number
                    return number
                }
                guard session.isDurable else { continue }
                let body = BrokerRecord.subscription(session: session.number, grant).encoded()
                changes.append(.put(StateRecord(number: number, body: body)))
            }
            subscriptionCount.store(state.trie.count, ordering: .relaxed)
        }
        return changes
    }

    func insert(_ grant: Grant, for session: BrokerSession, into trie: inout SubscriptionTrie) {
        let entry = SubscriptionTrie.Entry(
            qualityOfService: grant.qualityOfService,
            noLocal: grant.noLocal,
            retainAsPublished: grant.retainAsPublished,
            identifier: grant.identifier
        )
        trie.insert(entry, filter: grant.filter, subscriber: session.number)
    }

    func unsubscribe(_ session: BrokerSession, from filters: [String]) -> [StateChange] {
        var changes: [StateChange] = []
        state.withLock { state in
            for filter in filters {
                state.trie.remove(filter: filter, subscriber: session.number)
                let number = session.state.withLock { session in
                    session.grants[filter] = nil
                    return session.grantNumbers.removeValue(forKey: filter)
                }
                if session.isDurable, let number { changes.append(.remove(number)) }
            }
            subscriptionCount.store(state.trie.count, ordering: .relaxed)
        }
        return changes
    }
}
