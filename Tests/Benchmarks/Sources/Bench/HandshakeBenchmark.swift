// SPDX-License-Identifier: Apache-2.0

/// What a TLS handshake costs a hub that asks for certificates, by the kind of its own key; openssl is the client.
///
/// Full handshakes of TLS 1.3 with X25519: the hub gives out no session tickets, so none is resumed, and OpenSSL before 3.5
/// knows no X25519MLKEM768. A link lasts for as long as the network does, so that this is paid once.
enum HandshakeBenchmark {
    private static let keys = [
        ("RSA-2048", "rsa:2048"), ("P-256", "ec -pkeyopt ec_paramgen_curve:prime256v1"),
    ]

    static func run(_ options: Options, _ report: inout Report) throws {
        report.heading("TLS handshakes at one hub")
        var costs: [Double] = []
        for (name, key) in keys {
            let cost = try milliseconds(options, key: key)
            report.figure("\(name), hub's processor", cost, "ms", decimals: 2)
            costs.append(cost)
        }
        // About 2 here: what both have in common, the key exchange and the client's certificate, is the larger part.
        report.ratio("RSA-2048 / P-256", costs[0] / costs[1], least: 1)
    }

    /// Processor time of the hub for one handshake.
    private static func milliseconds(_ options: Options, key: String) throws -> Double {
        let bus = try Bus(programs: options.programs)
        try certificates(in: bus.directory, key: key)
        try bus.startHub([
            "SLUICE_HUB_TLS_CERT_FILE": "\(bus.directory)/hub.pem",
            "SLUICE_HUB_TLS_KEY_FILE": "\(bus.directory)/hub.key",
            "SLUICE_HUB_TLS_CLIENT_CA_FILE": "\(bus.directory)/ca.pem",
        ])
        let before = bus.hub?.cpuSeconds() ?? 0
        let log = "\(bus.directory)/times"
        let seconds = max(1, Int(options.seconds))
        let client = """
            cd \(bus.directory) && openssl s_time -connect 127.0.0.1:\(bus.hubPort) -new -time \(seconds) -CAfile ca.pem \
            -cert agent.pem -key agent.key
            """
        try Child("sh", ["-c", client], log: log).finish()
        guard let count = readFile(log).split(separator: "\n").compactMap(Self.connections).first, count > 0 else {
            throw Failure("no handshake succeeded; logs are in \(bus.directory)")
        }
        return ((bus.hub?.cpuSeconds() ?? 0) - before) * 1_000 / count
    }

    /// Reads `123 connections in ...`.
    private static func connections(_ line: Substring) -> Double? {
        let words = line.split(separator: " ")
        return words.count > 1 && words[1] == "connections" ? Double(words[0]) : nil
    }

    /// Makes the hub's certificate with a key of that kind; the authority and the agent have P-256.
    private static func certificates(in directory: String, key: String) throws {
        let other = "ec -pkeyopt ec_paramgen_curve:prime256v1"
        let script = """
            cd \(directory) && umask 077
            openssl req -x509 -newkey \(other) -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem
            openssl req -newkey \(key) -nodes -subj /CN=localhost -keyout hub.key -out hub.csr
            openssl req -newkey \(other) -nodes -subj /CN=agent -keyout agent.key -out agent.csr
            for name in hub agent; do
                openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -set_serial 1 -days 2 -out $name.pem
            done
            """
        try Child("sh", ["-c", script], log: "\(directory)/openssl.log").finish()
    }
}
