// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Debian's Mosquitto: a peer on the same machine in the same run.
struct Mosquitto {
    let child: Child
    let port: Int

    /// Nil, with a word on why, where it is not installed.
    ///
    /// - Parameter saves: writes its database after every change, as near as it comes to being durable; its PUBACK does not
    ///   wait for that. Else it is as it comes: from memory.
    static func start(directory: String, saves: Bool = false) throws -> Mosquitto? {
        let candidates = ["/usr/sbin/mosquitto", "/usr/bin/mosquitto", "/usr/local/sbin/mosquitto"]
        guard let path = candidates.first(where: { access($0, X_OK) == 0 }) else {
            print("mosquitto is not installed: no comparison")
            return nil
        }
        let port = try Bus.freePort()
        let file = "\(directory)/mosquitto-\(port).conf"
        guard let out = fopen(file, "w") else { throw Failure("cannot write \(file)") }
        // It drops what a subscriber has not taken above 1,000 messages, and says so to nobody.
        fputs("listener \(port) 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n", out)
        if saves {
            fputs("persistence true\npersistence_location \(directory)/\n", out)
            fputs("autosave_on_changes true\nautosave_interval 1\nuser root\n", out)
        }
        fclose(out)
        let child = try Child(path, ["-c", file])
        try wait(upTo: 10, for: "mosquitto") { (try? MQTTConnection(port: port, clientID: "probe")) != nil }
        return Mosquitto(child: child, port: port)
    }
}
