// SPDX-License-Identifier: Apache-2.0

/// What a hub keeps of its log, as users write it: `all`, `30d`, `20GiB`, or `30d,20GiB`.
package struct KeepRule: Sendable, Equatable {
    /// A shorter time than this is a slip of the pen.
    private static let ages: ClosedRange<Duration> = .seconds(3_600)...(.seconds(36_500 * 86_400))
    /// Less has no room for the segments that are dropped whole.
    private static let sizes = ByteSize(bytes: 64 << 20)...ByteSize(bytes: 1 << 50)

    /// What may be written, in words.
    static let allowed = """
        all, an age of 1h to 36500d (30d, 12h), a size of \(sizes.lowerBound) or more (20GiB), or both with a comma: \
        30d,20GiB
        """

    /// Events go when they landed longer ago; nil: never.
    package var age: Duration?
    /// Events go, oldest first, when the log takes more bytes on disk; nil: never.
    package var size: ByteSize?

    package init(age: Duration? = nil, size: ByteSize? = nil) {
        self.age = age
        self.size = size
    }

    /// Nil for what is not allowed, and for two ages or two sizes.
    package init?(_ text: String) {
        self.init()
        if text == "all" { return }
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            if let found = Self.age(String(part)) {
                guard age == nil, Self.ages.contains(found) else { return nil }
                age = found
            } else if let found = ByteSize(String(part)) {
                guard size == nil, Self.sizes.contains(found) else { return nil }
                size = found
            } else {
                return nil
            }
        }
    }

    private static func age(_ text: String) -> Duration? {
        if text.hasSuffix("d") {
            return Int64(text.dropLast()).flatMap { (0...1_000_000).contains($0) ? .seconds($0 * 86_400) : nil }
        }
        return text == "0" ? nil : Duration(settingText: text)
    }
}
