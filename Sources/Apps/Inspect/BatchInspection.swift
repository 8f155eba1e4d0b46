// SPDX-License-Identifier: Apache-2.0

package import Batching
import Events
import Startup

/// One batch, opened and explained.
package struct BatchInspection {
    /// As in a hub, which took no more.
    private static let maximumBytes = 256 << 20

    /// The file that it came from, for people.
    package let name: String
    package let explanation: BatchExplanation
    private let block: EventBlock

    /// - Parameter primers: those that the batch may build on.
    package init(_ batch: [UInt8], name: String, primers: [Primer] = []) throws(InspectFault) {
        self.name = name
        do throws(BatchDamage) {
            (explanation, block) = try Self.open(batch, primers)
        } catch {
            guard case .primerWanted(let wanted) = error.fault else { throw .damaged(file: name, error) }
            throw .primerMissing(file: name, wanted, given: primers.map(\.identifier))
        }
    }

    /// Opens a file that is a primer.
    package static func primer(_ bytes: [UInt8], name: String) throws(InspectFault) -> Primer {
        do throws(BatchFault) {
            return try Primer(bytes: bytes)
        } catch {
            // Says where the damage is, if it is one.
            _ = try BatchInspection(bytes, name: name)
            throw .noPrimer(file: name)
        }
    }

    private static func open(
        _ batch: [UInt8],
        _ primers: [Primer]
    ) throws(BatchDamage) -> (BatchExplanation, EventBlock) {
        var decoder = BatchDecoder()
        var block = EventBlock()
        var primer: Primer?
        // Without a header it fails below, and says where.
        if let wanted = (try? decoder.header(batch.span.bytes))?.primer {
            primer = primers.first { $0.identifier == wanted }
        }
        let explanation = try decoder.explain(
            batch.span.bytes,
            primer: primer,
            maximumBytes: maximumBytes,
            into: &block
        )
        return (explanation, block)
    }

    /// The events as JSON lines; a batch does not say which node, epoch and partition they are of.
    package var events: [UInt8] {
        var rows = EventRows(reserving: block.bytes.count * 2)
        rows.append(block, head: Array("{".utf8))
        return rows.bytes
    }
}
