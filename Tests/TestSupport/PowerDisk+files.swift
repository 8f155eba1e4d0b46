// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// Files of those who do not go through SQLite; all answer 0 or an error number.
extension PowerDisk {
    /// Opens a file for writing, made or emptied: its descriptor, or an error number below zero.
    package func create(_ path: String) -> Int32 {
        let file = file(path, isMaking: true)
        guard let file, perform(.truncate(file: file, size: 0)) == 0 else { return -EIO }
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { return -errno }
        state.withLock { $0.descriptors[descriptor] = file }
        return descriptor
    }

    /// Opens a file for writing as it is: its descriptor, or an error number below zero.
    package func open(_ path: String) -> Int32 {
        guard let file = file(path, isMaking: false) else { return -ENOENT }
        let descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return -errno }
        state.withLock { $0.descriptors[descriptor] = file }
        return descriptor
    }

    /// Writes at an offset.
    package func write(_ descriptor: Int32, _ bytes: [UInt8], _ offset: Int) -> Int32 {
        guard let file = state.withLock({ $0.descriptors[descriptor] }) else { return EIO }
        return perform(.write(file: file, offset: offset, bytes: bytes)) {
            pwrite(descriptor, bytes, bytes.count, off_t(offset)) == bytes.count ? 0 : errno
        }
    }

    /// Makes a file's bytes durable.
    package func sync(_ descriptor: Int32) -> Int32 {
        guard syncsFiles else { return 0 }
        guard let file = state.withLock({ $0.descriptors[descriptor] }) else { return EIO }
        return perform(.sync(file: file))
    }

    /// Closes a descriptor.
    package func close(_ descriptor: Int32) {
        state.withLock { $0.descriptors[descriptor] = nil }
        Glibc.close(descriptor)
    }

    /// Renames a file.
    package func rename(_ path: String, _ target: String) -> Int32 {
        let real = { Glibc.rename(path, target) == 0 ? 0 : errno }
        guard isKnown(path) else { return isDead ? EIO : real() }
        return perform(.name(.rename(Self.name(path), to: Self.name(target))), real: real)
    }

    /// Removes a file.
    package func remove(_ path: String) -> Int32 {
        let real = { unlink(path) == 0 ? 0 : errno }
        guard isKnown(path) else { return isDead ? EIO : real() }
        return perform(.name(.remove(Self.name(path))), real: real)
    }

    /// Makes names durable.
    package func syncDirectory() -> Int32 {
        perform(.syncNames)
    }

    /// Names this run of the machine: another one after each cut.
    package var bootID: [UInt8] {
        let life = state.withLock { $0.life }
        return Array(repeating: 0x5A, count: 8) + withUnsafeBytes(of: life.bigEndian) { Array($0) }
    }

    /// The file of that name, made if asked for; nil when it is not there, or the power is off.
    func file(_ path: String, isMaking: Bool) -> Int? {
        let name = Self.name(path)
        if let known = state.withLock({ $0.names.live[name] }) { return known }
        guard isMaking else { return nil }
        let fresh = state.withLock { state -> Int in
            state.nextFile += 1
            state.files[state.nextFile] = UnsyncedFile()
            return state.nextFile
        }
        return perform(.name(.create(name, file: fresh))) == 0 ? fresh : nil
    }

    private func isKnown(_ path: String) -> Bool {
        state.withLock { $0.names.live[Self.name(path)] != nil }
    }

    static func name(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}
