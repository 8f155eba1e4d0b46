# SPDX-License-Identifier: Apache-2.0
"""The other ways in: TLS, WebSocket, both, and a unix socket; with a password and rules, as on a real gateway."""

import os
import ssl
import subprocess
import tempfile
import unittest

import paho.mqtt.client as mqtt

from agent import PROGRAM, Agent, eventually, free_port
from test_paho import VERSIONS, Client


class Transports(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory(prefix="sluice-clients-")
        cls.addClassCleanup(directory.cleanup)
        cls.certificate, key = directory.name + "/cert.pem", directory.name + "/key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
            + ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
            + ["-keyout", key, "-out", cls.certificate],
            check=True,
            capture_output=True,
        )
        passwords, rules = directory.name + "/passwords", directory.name + "/rules"
        for user in (b"ann", b"bob"):
            subprocess.run([PROGRAM, "passwd", passwords, user], input=b"secret\n", check=True, capture_output=True)
        with open(rules, "w") as file:
            file.write("user ann\ntopic readwrite house/#\nuser bob\ntopic readwrite house/#\npattern read to/%c\n")
        cls.ports = {name: free_port() for name in ("TLS", "WS", "WSS")}
        cls.socket = directory.name + "/mqtt"
        cls.agent = Agent(
            MQTT_TLS_CERT_FILE=cls.certificate,
            MQTT_TLS_KEY_FILE=key,
            MQTT_SOCKET=cls.socket,
            MQTT_PASSWORD_FILE=passwords,
            MQTT_ACL_FILE=rules,
            **{f"MQTT_{name}_LISTEN": f"127.0.0.1:{port}" for name, port in cls.ports.items()},
        )
        cls.addClassCleanup(cls.agent.remove)
        cls.agent.start()

    def client(self, way, version, user="ann", password="secret"):
        client = Client(version, transport={"WS": "websockets", "WSS": "websockets", "unix": "unix"}.get(way, "tcp"))
        client.paho.username_pw_set(user, password)
        if way in ("TLS", "WSS"):
            client.paho.tls_set(self.certificate, tls_version=ssl.PROTOCOL_TLS_CLIENT)
        if way == "unix":
            client.host = self.socket
        client.connect(self.ports.get(way, self.agent.port))
        self.addCleanup(client.disconnect)
        return client

    def test_every_way_reaches_every_other(self):
        for name, version in VERSIONS.items():
            ways = ["TCP", "TLS", "WS", "WSS", "unix"]
            clients = {way: self.client(way, version) for way in ways}
            for way, client in clients.items():
                client.subscribe(("house/#", 2))
            for number, (way, client) in enumerate(clients.items()):
                client.publish(f"house/{way}", f"{number}" * 70_000, 2)
            for way, client in clients.items():
                with self.subTest(version=name, way=way):
                    client.expect(*[f"{number}" * 70_000 for number in range(5)])

    def test_rules_hold(self):
        for name, version in VERSIONS.items():
            with self.subTest(version=name):
                client = self.client("WSS", version)
                denied = client.subscribe(("garden/#", 1), (f"to/{client.name}", 1), ("to/another", 1))
                failures = [reason.value >= 0x80 for reason in denied]
                self.assertEqual(failures, [True, False, True])

    def test_a_session_belongs_to_its_user(self):
        for name, version in VERSIONS.items():
            with self.subTest(version=name):
                ann = Client(version, clean=False, expiry=600)
                ann.paho.username_pw_set("ann", "secret")
                ann.connect(self.agent.port).subscribe(("house/#", 1))
                bob = Client(version, ann.name, clean=False, expiry=600)
                bob.paho.username_pw_set("bob", "secret")
                bob.connect(self.agent.port)
                bob.paho.loop_stop()
                self.assertTrue(bob.reason.is_failure, "nobody throws out the device of another user")
                ann.disconnect()
                publisher = self.client("TCP", version)
                publisher.publish("house/secret", "for ann")
                bob.connect(self.agent.port)
                self.addCleanup(bob.disconnect)
                self.assertFalse(bob.reason.is_failure or bob.session_present)
                publisher.publish("house/end", "end")
                bob.subscribe(("house/#", 1))
                self.assertEqual(bob.payloads, [])

    def test_a_wrong_password_stays_outside(self):
        for name, version in VERSIONS.items():
            with self.subTest(version=name):
                stranger = self.client("TLS", version, password="wrong")
                self.assertTrue(stranger.reason.is_failure)


if __name__ == "__main__":
    unittest.main()
