// SPDX-License-Identifier: Apache-2.0

extension Settings {
    /// Values of the agent that are each allowed and that contradict each other.
    package static func checkAgent(
        hubs: [HubAddress],
        link: HubLinkFiles,
        proxy: ProxyAddress? = nil,
        eventMaximum: ByteSize,
        bufferMaximum: ByteSize,
        insecure: Bool
    ) throws(SettingFault) {
        guard eventMaximum.bytes <= bufferMaximum.bytes / 8 else {
            throw .contradiction(
                name: self.eventMaximum.name,
                value: eventMaximum.description,
                other: self.bufferMaximum.name,
                otherValue: bufferMaximum.description,
                allowed: "an event may take an eighth of the buffer at most: lower the one or raise the other"
            )
        }
        if let open = hubs.first(where: { !$0.secure && !$0.address.isLoopback }), !insecure {
            throw .contradiction(
                name: hub.name,
                value: open.description,
                other: self.insecure.name,
                otherValue: "0",
                allowed: "use wss://, a loopback address, or set \(self.insecure.name)=1 to send in plain text"
            )
        }
        // What the proxy takes for loopback is its own machine.
        if let proxy, !proxy.address.isLoopback, let open = hubs.first(where: { !$0.secure }), !insecure {
            throw .contradiction(
                name: hub.name,
                value: open.description,
                other: self.proxy.name,
                otherValue: proxy.description,
                allowed: "use wss://, or set \(self.insecure.name)=1 to send in plain text to the proxy and beyond"
            )
        }
        try link.check(hubs: hubs)
    }

    /// Values about the source that are each allowed and that contradict each other.
    ///
    /// - Parameter others: names and values of what makes no sense without a source.
    package static func checkSource(
        _ source: BrokerAddress?,
        caFile: String?,
        others: [(name: String, value: String?)],
        insecure: Bool
    ) throws(SettingFault) {
        guard let source else {
            for case (let name, let value?) in others + [(sourceCAFile.name, caFile)] {
                throw .contradiction(
                    name: name,
                    value: value,
                    other: self.source.name,
                    otherValue: "none",
                    allowed: "it says how to reach a source: set \(self.source.name), too"
                )
            }
            return
        }
        if !source.secure, !source.address.isLoopback, !insecure {
            throw .contradiction(
                name: self.source.name,
                value: source.description,
                other: self.insecure.name,
                otherValue: "0",
                allowed: "use mqtts://, a loopback address, or set \(self.insecure.name)=1 to read in plain text"
            )
        }
        if let caFile, !source.secure {
            throw .contradiction(
                name: sourceCAFile.name,
                value: caFile,
                other: self.source.name,
                otherValue: source.description,
                allowed: "certificates are for mqtts:// brokers: use mqtts:// or leave the file out"
            )
        }
    }

    /// Values of the hub that are each allowed and that contradict each other.
    package static func checkHub(
        listen: ListenAddress,
        mqttListen: ListenAddress,
        enrolListen: ListenAddress? = nil,
        link: HubLinkFiles,
        insecure: Bool
    ) throws(SettingFault) {
        try link.checkHub()
        guard listen.isLoopback || insecure || link.authorities != nil else {
            throw .contradiction(
                name: hubListen.name,
                value: listen.description,
                other: self.insecure.name,
                otherValue: "0",
                allowed:
                    "listen on 127.0.0.1 or [::1], set \(hubTLSClientAuthoritiesFile.name) to ask agents for certificates, "
                    + "or set \(self.insecure.name)=1 to let any agent connect"
            )
        }
        let doors =
            [(hubListen.name, listen), (hubMQTTListen.name, mqttListen)]
            + (enrolListen.map { [(hubEnrolListen.name, $0)] } ?? [])
        for (index, door) in doors.enumerated() where door.1.port != 0 {
            guard let other = doors[(index + 1)...].first(where: { $0.1 == door.1 }) else { continue }
            throw .contradiction(
                name: door.0,
                value: door.1.description,
                other: other.0,
                otherValue: other.1.description,
                allowed: "two listeners need two ports"
            )
        }
    }
}
