// SPDX-License-Identifier: Apache-2.0

import Startup

/// What a simulated device measures: one of the files under /proc (proc(5)).
package enum ProcSensor: String, Sendable, CaseIterable {
    case cpu
    case memory
    case disk
    case network
    case process

    /// The file that it reads; processes have one each.
    package func path(process: Int32) -> String {
        switch self {
        case .cpu: "/proc/stat"
        case .memory: "/proc/meminfo"
        case .disk: "/proc/diskstats"
        case .network: "/proc/net/dev"
        case .process: "/proc/\(process)/stat"
        }
    }

    /// Everything that the file's text says; empty where it says nothing.
    package func readings(_ text: String) -> [ProcReading] {
        switch self {
        case .cpu: Self.cpus(text)
        case .memory: Self.memory(text)
        case .disk: Self.disks(text)
        case .network: Self.interfaces(text)
        case .process: Self.process(text).map { [$0] } ?? []
        }
    }

    private static func cpus(_ text: String) -> [ProcReading] {
        let names = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"]
        return text.split(separator: "\n").filter { $0.hasPrefix("cpu") }.map { line in
            let words = line.split(separator: " ")
            return ProcReading(
                name: words[0],
                fields: zip(names, words.dropFirst()).compactMap { number($0, $1) }
            )
        }
    }

    private static func memory(_ text: String) -> [ProcReading] {
        let wanted = [
            "MemTotal": "total_kb", "MemFree": "free_kb", "MemAvailable": "available_kb", "Buffers": "buffers_kb",
            "Cached": "cached_kb", "Dirty": "dirty_kb", "Writeback": "writeback_kb", "SwapFree": "swap_free_kb",
        ]
        let fields = text.split(separator: "\n").compactMap { line -> ProcReading.Field? in
            let words = line.split(separator: " ")
            guard words.count >= 2, let name = wanted[String(words[0].dropLast())] else { return nil }
            return number(name, words[1])
        }
        return fields.isEmpty ? [] : [ProcReading(name: "memory", fields: fields)]
    }

    private static func disks(_ text: String) -> [ProcReading] {
        text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count >= 13, !words[2].hasPrefix("loop"), !words[2].hasPrefix("ram") else { return nil }
            let columns = [("reads", 3), ("sectors_read", 5), ("writes", 7), ("sectors_written", 9), ("busy_ms", 12)]
            return ProcReading(name: words[2], fields: columns.compactMap { number($0, words[$1]) })
        }
    }

    private static func interfaces(_ text: String) -> [ProcReading] {
        text.split(separator: "\n").dropFirst(2).compactMap { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            let words = parts[1].split(separator: " ")
            guard words.count >= 12 else { return nil }
            let columns = [
                ("rx_bytes", 0), ("rx_packets", 1), ("rx_dropped", 3), ("tx_bytes", 8), ("tx_packets", 9),
                ("tx_dropped", 11),
            ]
            return ProcReading(
                name: parts[0].drop { $0 == " " },
                fields: columns.compactMap { number($0, words[$1]) }
            )
        }
    }

    /// The name stands in parentheses and may hold anything, a parenthesis too.
    private static func process(_ text: String) -> ProcReading? {
        guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")"), open < close else { return nil }
        let pid = text[..<open].split(separator: " ").first ?? "0"
        let words = text[close...].split(separator: " ").dropFirst()
        guard words.count >= 22 else { return nil }
        let name = JSONText.string(text[text.index(after: open)..<close])
        let columns = [("user_ticks", 11), ("system_ticks", 12), ("threads", 17), ("rss_pages", 21)]
        return ProcReading(
            name: pid,
            fields: [.init("name", name)]
                + columns.compactMap { number($0, words[words.startIndex + $1]) }
        )
    }

    private static func number(_ name: String, _ word: Substring) -> ProcReading.Field? {
        Int64(word).map { .init(name, String($0)) }
    }
}
