// SPDX-License-Identifier: Apache-2.0

import Uplink

/// What the facts mean: pure, so that every finding has a test.
extension DoctorFacts {
    /// All findings, in the order in which they are shown.
    package var findings: [Finding] {
        var findings = [configurationFinding, agentFinding, directoryFinding]
        if let survivalFinding { findings.append(survivalFinding) }
        findings += diskFindings
        findings.append(clockFinding)
        if let listenerFinding { findings.append(listenerFinding) }
        if let certificateFinding { findings.append(certificateFinding) }
        return findings + hubFindings
    }

    private var configurationFinding: Finding {
        guard let refusal else { return Finding(.ok, "configuration", "the configuration is sound") }
        return Finding(.fail, "configuration", refusal, advice: "correct or remove that variable")
    }

    private var agentFinding: Finding {
        switch agent {
        case .stopped:
            Finding(.ok, "agent", "no agent runs with \(directory.path)")
        case .running("refusing", let table):
            Finding(
                .fail,
                "agent",
                "the agent runs and takes no events: \(table)",
                advice: "see its reason and the findings on the disk; it goes on by itself"
            )
        case .running(let state, _):
            Finding(.ok, "agent", "an agent runs with \(directory.path) and is \(state)")
        case .silent(let reason):
            Finding(.warn, "agent", reason, advice: "run this as the user that the agent runs as, or restart the agent")
        }
    }

    private var directoryFinding: Finding {
        let path = directory.path
        if !directory.isThere {
            return directory.isWritable
                ? Finding(.ok, "directory", "\(path) is not there yet; the agent makes it")
                : Finding(
                    .fail,
                    "directory",
                    "\(path) is not there and cannot be made by user \(directory.user)",
                    advice: "mkdir -p \(path) and give it to the agent's user (chown), or run this as that user"
                )
        }
        guard directory.isDirectory else {
            return Finding(
                .fail,
                "directory",
                "\(path) is not a directory",
                advice: "move it away or set SLUICE_STATE_DIR"
            )
        }
        guard directory.isWritable else {
            return Finding(
                .fail,
                "directory",
                "user \(directory.user) cannot write in \(path), which belongs to user \(directory.owner)",
                advice: "run this as the user that the agent runs as, or give the directory to it (chown)"
            )
        }
        return directory.isOpenToOthers
            ? Finding(
                .warn,
                "directory",
                "\(path) is open to every user of this machine",
                advice: "chmod 750 \(path)"
            ) : Finding(.ok, "directory", "\(path) can be written in")
    }

    private var survivalFinding: Finding? {
        switch survival {
        case nil: nil
        case .survived(let events, let kills):
            Finding(
                .ok,
                "survival",
                "\(events) events were acknowledged by a scratch store whose writer was killed \(kills) times: all are there"
            )
        case .lost(let what):
            Finding(
                .fail,
                "survival",
                "a scratch store lost what it had acknowledged: \(what)",
                advice: "keep no events on this file system; check the disk and the kernel's log"
            )
        case .untried(let why):
            Finding(
                .fail,
                "survival",
                "no scratch store could be tried: \(why)",
                advice: "see the findings on the disk"
            )
        }
    }

    private var clockFinding: Finding {
        // Older than this program, or so far ahead that nobody runs it any more.
        guard (2025...2099).contains(clock.year) else {
            return Finding(
                .warn,
                "clock",
                "the clock says \(clock.year)",
                advice: "set it, or let a time daemon do it; events keep their order all the same"
            )
        }
        return clock.isSynchronized
            ? Finding(.ok, "clock", "the clock is kept by a time daemon")
            : Finding(
                .warn,
                "clock",
                "no time daemon keeps the clock",
                advice: "run chrony or systemd-timesyncd, or events will carry the wrong time as the clock drifts"
            )
    }

    private var listenerFinding: Finding? {
        let isRunning: Bool
        if case .running = agent { isRunning = true } else { isRunning = false }
        switch listener {
        case nil: return nil
        case .free where isRunning:
            return Finding(
                .warn,
                "listener",
                "an agent runs, and nobody listens on \(listenAddress)",
                advice: "it was started with another SLUICE_MQTT_LISTEN: restart it for this one"
            )
        case .free: return Finding(.ok, "listener", "\(listenAddress) is free for devices")
        case .taken where isRunning: return Finding(.ok, "listener", "devices can connect to \(listenAddress)")
        case .taken:
            return Finding(
                .fail,
                "listener",
                "another program listens on \(listenAddress)",
                advice: "stop it (`ss -ltnp` names it), or set SLUICE_MQTT_LISTEN to another port"
            )
        case .unusable(let reason):
            return Finding(
                .fail,
                "listener",
                "\(listenAddress) cannot be listened on: \(reason)",
                advice: "set SLUICE_MQTT_LISTEN to an address of this machine and a port above 1023"
            )
        }
    }

    private var hubFindings: [Finding] {
        guard refusal == nil else { return [] }
        guard !hubs.isEmpty else {
            return [
                Finding(
                    .ok,
                    "hub",
                    "no hub is configured: events are kept here",
                    advice: "set SLUICE_HUB to send them on"
                )
            ]
        }
        return hubs.map { hub in
            let check = "hub"
            switch hub.answer {
            case .hub: return Finding(.ok, check, "the hub \(hub.name) answers")
            case .unresolved(let why):
                return Finding(.warn, check, "\(hub.name): \(why)", advice: "check the name in SLUICE_HUB, and DNS")
            case .unreachable(let why):
                return Finding(
                    .warn,
                    check,
                    "\(hub.name) cannot be reached: \(why)",
                    advice: "is the hub up, and does a firewall let this port through? Events are kept meanwhile"
                )
            case .proxy(let why): return Finding(.warn, check, "\(hub.name): \(why)", advice: "check SLUICE_PROXY")
            case .insecure(let why):
                return Finding(.fail, check, "\(hub.name): \(why)", advice: "check SLUICE_HUB_CA_FILE and the clock")
            case .stranger(let why):
                return Finding(
                    .fail,
                    check,
                    "what answers at \(hub.name) is not a hub: \(why)",
                    advice: "check host, port and path in SLUICE_HUB"
                )
            }
        }
    }
}
