// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials
package import Sealing
import Synchronization

/// A hub's private sealing keys: made at its first start, kept in one file, the newest first.
///
/// ```
/// sluice seal key v1
/// x-wing <base64 of the seed, 32 bytes>      for what agents are told today
/// x-wing <base64 of the seed, 32 bytes>      older: still opens what agents seal for it
/// ```
package final class SealKeys: Sendable {
    package static let fileName = "seal.key"
    /// As many as a frame names.
    private static let maximum = 8
    private static let heading = "sluice seal key v1"
    private static let word = "x-wing "

    private struct Pair {
        var key: XWingMLKEM768X25519.PrivateKey
        var recipient: SealRecipient
    }

    private let file: KeyFile
    private let name: String
    private let pairs = Mutex<[Pair]>([])

    /// - Parameters:
    ///   - name: what the public keys are called, for people; without blanks.
    ///   - makesKey: whether to make a key where there is no file.
    package init(path: String, name: String, makesKey: Bool) throws(KeyFault) {
        file = KeyFile(path)
        self.name = name
        if try file.read(isSecret: true) == nil {
            guard makesKey else {
                throw file.fault("is not there: a hub makes it when it first runs with this directory")
            }
            try Self.write([Self.generate(file)], file)
        }
        try load()
    }

    /// Reads the file again; with an error what held before goes on to hold.
    package func load() throws(KeyFault) {
        let found = try Self.read(file).map { Pair(key: $0, recipient: SealRecipient($0.publicKey, name: name)) }
        pairs.withLock { $0 = found }
    }

    /// The public halves, the newest first.
    package var recipients: [SealRecipient] { pairs.withLock { $0.map(\.recipient) } }

    /// As ``SealRecipients`` reads it: agents are to seal for the newest.
    package var text: String {
        let lines = recipients.enumerated().map { index, recipient in
            index == 0 ? recipient.line : "# older, still opens: \(recipient.identifierText)"
        }
        return (["# agents seal for (SLUICE_SEAL_TO_FILE):"] + lines).map { $0 + "\n" }.joined()
    }

    /// Puts a new key before those that there are; they go on to open what is sealed for them.
    package func rotate() throws(KeyFault) {
        try file.checkOwner()
        let old = try Self.read(file)
        guard old.count < Self.maximum else {
            throw file.fault(
                "it has \(old.count) keys already: remove the last lines, whose keys no agent uses any more"
            )
        }
        try Self.write([Self.generate(file)] + old, file)
        try load()
    }

    /// The content key that is wrapped for one of these keys; nil where none is.
    ///
    /// Only the first that names one of them is tried: whoever connects can have no more work done than that.
    package func unwrap(_ wrapped: [WrappedKey], _ transcript: SealTranscript) -> ContentKey? {
        for pair in pairs.withLock(\.self) {
            guard let own = wrapped.first(where: { $0.recipient == pair.recipient.identifier }) else { continue }
            return Self.unwrap(own, pair.key, transcript)
        }
        return nil
    }

    private static func unwrap(
        _ wrapped: WrappedKey,
        _ key: XWingMLKEM768X25519.PrivateKey,
        _ transcript: SealTranscript
    ) -> ContentKey? {
        guard
            var recipient = try? HPKE.Recipient(
                privateKey: key,
                ciphersuite: SealRecipient.suite,
                info: Data(transcript.wrapping),
                encapsulatedKey: Data(wrapped.encapsulated)
            ),
            var secret = try? recipient.open(wrapped.sealed), secret.count == ContentKey.bytes
        else { return nil }
        defer { secret.resetBytes(in: secret.indices) }
        return ContentKey(SymmetricKey(data: secret))
    }

    // MARK: The file

    private static func generate(_ file: KeyFile) throws(KeyFault) -> XWingMLKEM768X25519.PrivateKey {
        do {
            return try XWingMLKEM768X25519.PrivateKey.generate()
        } catch {
            throw file.fault("no key could be made: \(error)")
        }
    }

    private static func write(_ keys: [XWingMLKEM768X25519.PrivateKey], _ file: KeyFile) throws(KeyFault) {
        let lines = [heading] + keys.map { word + $0.seedRepresentation.base64EncodedString() }
        try file.replace(by: Array(lines.map { $0 + "\n" }.joined().utf8), isSecret: true)
    }

    private static func read(_ file: KeyFile) throws(KeyFault) -> [XWingMLKEM768X25519.PrivateKey] {
        let text = String(decoding: try file.read(isSecret: true) ?? [], as: UTF8.self)
        let lines = text.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("#") }
        let keys = lines.dropFirst().compactMap { key(in: $0) }
        guard lines.first == heading[...], keys.count == lines.count - 1, (1...maximum).contains(keys.count) else {
            throw file.fault(
                "is no file of sealing keys of this version: put it back from a backup, or remove it; agents then need "
                    + "the new key, which `sluice-hub keys` prints"
            )
        }
        return keys
    }

    private static func key(in line: Substring) -> XWingMLKEM768X25519.PrivateKey? {
        guard line.hasPrefix(word), let seed = Data(base64Encoded: String(line.dropFirst(word.count))) else {
            return nil
        }
        return try? XWingMLKEM768X25519.PrivateKey(seedRepresentation: seed, publicKey: nil)
    }
}
