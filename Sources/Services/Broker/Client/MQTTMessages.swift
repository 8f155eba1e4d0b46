// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The messages of one client, in order; for one reader.
///
/// They end with ``MQTTClient/disconnect()``, throw when the
/// connection is lost. When the reader is slow, the socket is not read.
package struct MQTTMessages: AsyncSequence, Sendable {
    package typealias Element = MQTTMessage
    typealias Producer = NIOThrowingAsyncSequenceProducer<
        MQTTMessage, any Error, NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark, Demand
    >

    /// Tells the client when the reader wants more.
    final class Demand: NIOAsyncSequenceProducerDelegate {
        private let more: @Sendable () -> Void

        init(more: @escaping @Sendable () -> Void) {
            self.more = more
        }

        func produceMore() { more() }
        func didTerminate() { more() }
    }

    package struct AsyncIterator: AsyncIteratorProtocol {
        let base: Producer.AsyncIterator

        package mutating func next() async throws -> MQTTMessage? {
            try await base.next()
        }
    }

    let base: Producer

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(base: base.makeAsyncIterator())
    }
}
