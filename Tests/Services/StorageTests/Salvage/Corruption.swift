// SPDX-License-Identifier: Apache-2.0

import Glibc
import TestSupport

/// A way in which files are damaged.
enum Corruption: CaseIterable {
    case flippedBits, flippedBit, truncated, truncatedWAL, zeroedPages, zeroedSectors, randomPages, swappedPages, noWAL
    case noIndex, randomHeader, noDatabase, flippedWAL, randomWALHeader, emptyFile, randomFile, foreignWAL, wrongFormat

    func apply(to directory: StateDirectory, foreign: StateDirectory, _ generator: inout SeededGenerator) {
        let path = directory.path + "/store.db"
        switch self {
        case .flippedBits: Self.flip(path, Int.random(in: 1...200, using: &generator), &generator)
        case .flippedBit: Self.flip(path, 1, &generator)
        case .truncated: Self.truncate(path, &generator)
        case .truncatedWAL: Self.truncate(path + "-wal", &generator)
        case .zeroedPages: Self.overwrite(path, 4096, &generator) { _ in 0 }
        case .zeroedSectors: Self.overwrite(path, 512, &generator) { _ in 0 }
        case .randomPages: Self.overwrite(path, 4096, &generator) { UInt8.random(in: 0...255, using: &$0) }
        case .swappedPages: Self.swapPages(path, &generator)
        case .noWAL: unlink(path + "-wal")
        case .noIndex: unlink(path + "-shm")
        case .randomHeader: Self.randomHeader(path, &generator)
        case .noDatabase: unlink(path)
        case .flippedWAL: Self.flip(path + "-wal", Int.random(in: 1...8, using: &generator), &generator)
        case .randomWALHeader:
            var bytes = StateDirectory.read(path + "-wal")
            for index in 0..<min(32, bytes.count) { bytes[index] = .random(in: 0...255, using: &generator) }
            StateDirectory.write(path + "-wal", bytes)
        case .emptyFile: StateDirectory.write(path, [])
        case .randomFile:
            StateDirectory.write(path, (0..<50_000).map { _ in .random(in: 0...255, using: &generator) })
        case .wrongFormat:
            var bytes = StateDirectory.read(path)
            for index in 60..<64 { bytes[index] = index == 63 ? .random(in: 0...9, using: &generator) : 0 }
            StateDirectory.write(path, bytes)
        case .foreignWAL:
            StateDirectory.write(path + "-wal", StateDirectory.read(foreign.path + "/store.db-wal"))
        }
    }

    private static func flip(_ path: String, _ count: Int, _ generator: inout SeededGenerator) {
        var bytes = StateDirectory.read(path)
        guard !bytes.isEmpty else { return }
        for _ in 0..<count {
            let position = Int.random(in: bytes.indices, using: &generator)
            bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        }
        StateDirectory.write(path, bytes)
    }

    private static func truncate(_ path: String, _ generator: inout SeededGenerator) {
        let bytes = StateDirectory.read(path)
        StateDirectory.write(path, Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &generator))))
    }

    private static func overwrite(
        _ path: String,
        _ unit: Int,
        _ generator: inout SeededGenerator,
        _ byte: (inout SeededGenerator) -> UInt8
    ) {
        var bytes = StateDirectory.read(path)
        for _ in 0..<Int.random(in: 1...8, using: &generator) {
            let start = Int.random(in: 0..<bytes.count / unit, using: &generator) * unit
            for index in start..<start + unit { bytes[index] = byte(&generator) }
        }
        StateDirectory.write(path, bytes)
    }

    private static func swapPages(_ path: String, _ generator: inout SeededGenerator) {
        var bytes = StateDirectory.read(path)
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let left = Int.random(in: 0..<bytes.count / 4096, using: &generator) * 4096
            let right = Int.random(in: 0..<bytes.count / 4096, using: &generator) * 4096
            let page = Array(bytes[left..<left + 4096])
            bytes.replaceSubrange(left..<left + 4096, with: Array(bytes[right..<right + 4096]))
            bytes.replaceSubrange(right..<right + 4096, with: page)
        }
        StateDirectory.write(path, bytes)
    }

    private static func randomHeader(_ path: String, _ generator: inout SeededGenerator) {
        var bytes = StateDirectory.read(path)
        let first = Bool.random(using: &generator) ? 0 : 16
        for index in first..<100 {
            bytes[index] = .random(in: 0...255, using: &generator)
        }
        StateDirectory.write(path, bytes)
    }
}
