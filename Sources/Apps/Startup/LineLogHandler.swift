// SPDX-License-Identifier: Apache-2.0

package import Logging

/// Log lines as `time level label: message key=value`.
package struct LineLogHandler: LogHandler {
    private let label: String
    private let output: LogOutput
    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level

    package init(label: String, output: LogOutput, level: Logger.Level) {
        self.label = label
        self.output = output
        logLevel = level
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var text = "\(label): \(event.message)"
        let all = metadata.merging(event.metadata ?? [:]) { _, latest in latest }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) { text += " \(key)=\(Self.quoted("\(value)"))" }
        if let error = event.error { text += " error=\(Self.quoted("\(error)"))" }
        output.write(level: event.level, text.contains("\n") ? text.replacingNewlines : text)
    }

    private static func quoted(_ value: String) -> String {
        value.contains { $0 == " " || $0 == "\"" || $0.isNewline } ? JSONText.string(value) : value
    }
}

extension String {
    /// One line stays one line, whatever a device or a file name put into it.
    fileprivate var replacingNewlines: String {
        String(map { $0.isNewline ? " " : $0 })
    }
}
