// SPDX-License-Identifier: Apache-2.0

import NIOWebSocket

/// Whether a client's WebSocket frames come as they may (RFC 6455 section 5).
///
/// Pure: takes frames, says what to do.
struct WebSocketOrder {
    enum Verdict: Equatable {
        case take
        case answerPing
        case ignore
        case close
        case fail(WebSocketErrorCode, String)
    }

    private var isInMessage = false

    mutating func judge(_ frame: WebSocketFrame) -> Verdict {
        // RFC 6455 section 5.1: a server closes when a client does not mask; 5.2: reserved bits need an extension.
        guard frame.maskKey != nil else { return .fail(.protocolError, "a WebSocket client must mask its frames") }
        guard !frame.rsv1, !frame.rsv2, !frame.rsv3 else {
            return .fail(.protocolError, "no WebSocket extension was agreed on")
        }
        switch frame.opcode {
        case .binary, .continuation: return judgeData(frame)
        // "If the recipient of a non-binary data frame ... MUST close" (MQTT-6.0.0-1).
        case .text: return .fail(.unacceptableData, "MQTT comes in binary WebSocket frames, not in text")
        case .ping: return frame.fin ? .answerPing : .fail(.protocolError, "a ping in fragments")
        case .pong: return .ignore
        case .connectionClose: return .close
        default: return .fail(.protocolError, "an unknown WebSocket opcode")
        }
    }

    private mutating func judgeData(_ frame: WebSocketFrame) -> Verdict {
        guard (frame.opcode == .continuation) == isInMessage else {
            return .fail(.protocolError, "WebSocket fragments out of order")
        }
        isInMessage = !frame.fin
        return .take
    }
}
