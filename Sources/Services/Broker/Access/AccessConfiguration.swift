// SPDX-License-Identifier: Apache-2.0

/// Who may come in and what they may do; without files everybody may do everything.
package struct AccessConfiguration: Sendable {
    /// Lines `user:hash`, as `sluice passwd` writes them.
    package var passwordFile: String?
    /// Rules in Mosquitto's form.
    package var listFile: String?
    /// Clients without a name may come in by every listener (`SLUICE_MQTT_ANONYMOUS=1`); without this by loopback and
    /// unix sockets, while there is no password file.
    package var allowsAnonymous = false

    /// Passwords that may wait to be checked.
    package var maximumWaiting = 256
    /// Wrong passwords within ``failureWindow`` before more are not even looked at: for one name from one address, and
    /// for one address.
    package var maximumFailures = 5
    package var maximumFailuresOfAddress = 25
    package var failureWindow: Duration = .seconds(60)

    package init() {}
}
