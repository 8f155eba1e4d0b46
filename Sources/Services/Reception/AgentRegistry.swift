// SPDX-License-Identifier: Apache-2.0

/// Decides which connection speaks for a node: one at a time.
///
/// Pure: takes arrivals, answers and departures, returns what to do; `AgentDirectory` does it.
/// - A second connection of the same opening of the store (the agent gave the first one up) takes over at once.
/// - A connection with another epoch may be the agent after a restart, or a clone of it that lives beside the first:
///   the older connection is asked, and only when nobody answers does the newer one take over.
///
/// Either way the newer one is greeted only after all that the older handed to the log is settled, so that the order
/// within a lane holds across the two.
package struct AgentRegistry: Sendable {
    /// A connection that wants to speak for a node.
    package struct Candidate: Sendable, Equatable {
        package var connection: UInt64
        package var node: String
        /// The random part of the epoch that the agent writes now.
        package var epoch: UInt64

        package init(connection: UInt64, node: String, epoch: UInt64) {
            self.connection = connection
            self.node = node
            self.epoch = epoch
        }
    }

    package enum Action: Sendable, Equatable {
        /// Greet and welcome it.
        case admit(connection: UInt64)
        /// Tell it that a newer one took over, and land no more of it; ``AgentRegistry/left(_:node:)`` follows when
        /// what it handed to the log is settled.
        case fence(connection: UInt64)
        /// See whether anybody is there; ``AgentRegistry/probed(_:node:isAlive:)`` follows.
        case probe(connection: UInt64)
        /// Tell it that another live agent has the name.
        case refuse(connection: UInt64)
    }

    private struct Seat {
        var holder: Candidate
        var isFenced = false
        var isProbed = false
        var challenger: Candidate?
    }

    private var seats: [String: Seat] = [:]

    package init() {}

    /// Nodes with a connection.
    package var nodes: [String] { seats.keys.sorted() }

    /// A connection said hello.
    package mutating func arrived(_ candidate: Candidate) -> [Action] {
        guard var seat = seats[candidate.node] else {
            seats[candidate.node] = Seat(holder: candidate)
            return [.admit(connection: candidate.connection)]
        }
        defer { seats[candidate.node] = seat }
        var actions: [Action] = []
        if let waiting = seat.challenger {
            if waiting.epoch == candidate.epoch {
                actions.append(.fence(connection: waiting.connection))
            } else if seat.holder.epoch == candidate.epoch {
                // The holder's own agent is back by a second connection: it lives, so the one that waits is the clone.
                actions.append(.refuse(connection: waiting.connection))
            } else {
                return [.refuse(connection: candidate.connection)]
            }
        }
        seat.challenger = candidate
        if seat.isFenced { return actions }
        if seat.holder.epoch == candidate.epoch {
            seat.isFenced = true
            actions.append(.fence(connection: seat.holder.connection))
        } else if !seat.isProbed {
            seat.isProbed = true
            actions.append(.probe(connection: seat.holder.connection))
        }
        return actions
    }

    /// The answer to ``Action/probe(connection:)``.
    package mutating func probed(_ connection: UInt64, node: String, isAlive: Bool) -> [Action] {
        guard var seat = seats[node], seat.holder.connection == connection, seat.isProbed else { return [] }
        defer { seats[node] = seat }
        seat.isProbed = false
        guard let challenger = seat.challenger, !seat.isFenced else { return [] }
        if isAlive {
            seat.challenger = nil
            return [.refuse(connection: challenger.connection)]
        }
        seat.isFenced = true
        return [.fence(connection: connection)]
    }

    /// A connection is closed, and all that it handed to the log is settled.
    package mutating func left(_ connection: UInt64, node: String) -> [Action] {
        guard var seat = seats[node] else { return [] }
        if seat.challenger?.connection == connection {
            seat.challenger = nil
            seats[node] = seat
            return []
        }
        guard seat.holder.connection == connection else { return [] }
        guard let challenger = seat.challenger else {
            seats[node] = nil
            return []
        }
        seats[node] = Seat(holder: challenger)
        return [.admit(connection: challenger.connection)]
    }
}
