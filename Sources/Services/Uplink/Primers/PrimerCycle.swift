// SPDX-License-Identifier: Apache-2.0

package import Batching
import UplinkFrames

/// Decides when a primer is made, published and used.
///
/// ```
///            enough events,             hello named it,            batches name it
/// (nothing) or it has become -> made --or no answer yet--> landed --> usable
///            worse: train        |                            ^         | primer wanted
///                                '--> publish --primer landed-'<--------'
/// ```
/// A primer is used only after the hub has said that it is in its log, so losing one loses nothing: the agent has it
/// still. The last two are kept, because batches that name the older one may be on their way. Pure; times are since any
/// fixed start.
package struct PrimerCycle: Sendable {
    package struct Settings: Sendable {
        /// Bytes of samples; 0 for no primers at all.
        package var bytes: Int
        /// A primer is kept at least this long.
        ///
        /// Each costs some kilobytes on the link, and at the hub for as long as its log: every three hours are at most
        /// eight a day, which the hub's quota holds for about a year.
        package var leastAge: Duration

        /// One that was made of the first events is replaced after this long, when there are more to choose from: by
        /// then devices that report every few minutes have been heard, too.
        package var firstAge: Duration

        package init(
            bytes: Int = 0,
            leastAge: Duration = .seconds(3 * 3_600),
            firstAge: Duration = .seconds(600)
        ) {
            self.bytes = bytes
            self.leastAge = leastAge
            self.firstAge = firstAge
        }
    }

    /// Primers that are kept; the newest last.
    package static let maximumCount = 2
    /// How often a hub may ask for the same one on one connection before it is left alone with primers.
    private static let patience = 3

    let settings: Settings
    package private(set) var primers: [Primer]
    private var madeAt: Duration?
    private var samples = PrimerTrainer.Supply.scarce
    /// Whether it was made of the first events, which may not have shown all that there is.
    private var isFirstTry = false
    private var meter = CostMeter()

    // The connection.
    private var maximumBytes: UInt64 = 0
    /// Those that the hub has.
    private(set) var held: Set<PrimerIdentifier> = []
    private var refused: Set<PrimerIdentifier> = []
    private var wants: [PrimerIdentifier: Int] = [:]
    /// To be published again before anything else leaves.
    private var pending: [PrimerIdentifier] = []
    /// Published, or being so, and not answered.
    private var underWay: Set<PrimerIdentifier> = []

    /// - Parameter primers: those that the store kept, the newest last.
    package init(_ settings: Settings, primers: [Primer] = []) {
        self.settings = settings
        self.primers = settings.bytes > 0 ? primers.suffix(Self.maximumCount) : []
    }

    // MARK: The connection

    mutating func begin(_ welcome: Welcome, at now: Duration) {
        end()
        maximumBytes = settings.bytes > 0 ? welcome.maximumPrimerBytes : 0
        held = Set(welcome.primers.map { PrimerIdentifier(rawValue: $0) })
        if !primers.isEmpty, madeAt == nil { madeAt = now }
    }

    mutating func end() {
        maximumBytes = 0
        held = []
        refused = []
        wants = [:]
        pending = []
        underWay = []
    }

    /// The hub has it.
    mutating func landed(_ identifier: PrimerIdentifier) {
        underWay.remove(identifier)
        if wants[identifier, default: 0] < Self.patience {
            held.insert(identifier)
        } else {
            refused.insert(identifier)
        }
    }

    /// The hub does not keep it: on this connection it is not offered again.
    mutating func refused(_ identifier: PrimerIdentifier) {
        underWay.remove(identifier)
        refused.insert(identifier)
    }

    /// The hub dropped a batch because it has not got the primer.
    ///
    /// - Returns: whether all that is on its way has to be sent once more, behind the primer; false when that was said
    ///   already.
    mutating func wanted(_ identifier: PrimerIdentifier) -> Bool {
        held.remove(identifier)
        guard !underWay.contains(identifier), !pending.contains(identifier) else { return false }
        wants[identifier, default: 0] += 1
        // Any primer tells the hub that what follows was sent by an agent that knows.
        if let known = primers.first(where: { $0.identifier == identifier }) ?? primers.last {
            pending.append(known.identifier)
        }
        return true
    }

    // MARK: Publishing and use

    /// The one that batches are to name.
    package var usable: PrimerIdentifier? { primers.last { held.contains($0.identifier) }?.identifier }

    /// Whether no batch of this connection will ever name one.
    var areUnwanted: Bool { maximumBytes == 0 }

    /// Whether nothing may leave before ``publication``.
    var isBlocking: Bool { !pending.isEmpty }

    /// The next to be published.
    var publication: Primer? {
        if let wanted = pending.first { return primers.first { $0.identifier == wanted } }
        guard let newest = primers.last, underWay.isEmpty, UInt64(newest.bytes.count) <= maximumBytes,
            !held.contains(newest.identifier), !refused.contains(newest.identifier)
        else { return nil }
        return newest
    }

    /// The last byte of it has left.
    mutating func published(_ identifier: PrimerIdentifier) {
        underWay.insert(identifier)
        pending.removeAll { $0 == identifier }
    }

    /// The newest, for status.
    package var newest: (identifier: PrimerIdentifier, bytes: Int, isActive: Bool)? {
        primers.last.map { ($0.identifier, $0.bytes.count, held.contains($0.identifier)) }
    }

    // MARK: Making

    /// Whether a primer is to be made of what was sent lately.
    func wantsTraining(at now: Duration) -> Bool {
        guard maximumBytes > 0, publication == nil, underWay.isEmpty else { return false }
        guard let madeAt else { return samples >= .enough }
        if isFirstTry, samples == .plenty { return now - madeAt >= settings.firstAge }
        return now - madeAt >= settings.leastAge && (primers.isEmpty || meter.hasWorsened)
    }

    /// What came of it; nil when no primer can be made of these events, which others may change.
    mutating func trained(_ primer: Primer?, at now: Duration) {
        madeAt = now
        isFirstTry = samples < .plenty
        meter = CostMeter()
        guard let primer, !primers.contains(where: { $0.identifier == primer.identifier }) else { return }
        primers = (primers + [primer]).suffix(Self.maximumCount)
    }

    /// How many events there are to choose samples from.
    mutating func saw(_ samples: PrimerTrainer.Supply) {
        self.samples = samples
    }

    /// A batch was made.
    mutating func encoded(_ parcel: Parcel) {
        guard case .batch(let bytes) = parcel.content, let newest = primers.last?.identifier, parcel.primer == newest
        else { return }
        meter.add(bytes: bytes.count, events: Int(parcel.events))
    }
}
