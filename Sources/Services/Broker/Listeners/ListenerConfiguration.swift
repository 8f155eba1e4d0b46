// SPDX-License-Identifier: Apache-2.0

/// One way in for MQTT clients.
package struct ListenerConfiguration: Sendable, Hashable {
    package enum Place: Sendable, Hashable {
        case address(host: String, port: Int)
        case socket(path: String)
    }

    package var place: Place
    package var usesTLS = false
    package var usesWebSocket = false
    /// The variable that sets it: error texts name it.
    package var variable: String

    package init(_ place: Place, usesTLS: Bool = false, usesWebSocket: Bool = false, variable: String) {
        self.place = place
        self.usesTLS = usesTLS
        self.usesWebSocket = usesWebSocket
        self.variable = variable
    }

    /// Whether only programs of this machine can come in.
    var isLocal: Bool {
        switch place {
        case .socket: true
        case .address(let host, _):
            host == "localhost" || host == "::1" || host == "[::1]" || host.hasPrefix("127.")
        }
    }

    /// For logs and errors.
    var address: String {
        switch place {
        case .socket(let path): path
        case .address(let host, let port): "\(host):\(port)"
        }
    }

    /// What is spoken there, in words.
    var speech: String {
        switch (usesTLS, usesWebSocket) {
        case (false, false): "MQTT"
        case (true, false): "MQTT over TLS"
        case (false, true): "MQTT over WebSocket"
        case (true, true): "MQTT over WebSocket and TLS"
        }
    }
}
