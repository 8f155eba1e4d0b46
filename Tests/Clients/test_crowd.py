# SPDX-License-Identifier: Apache-2.0
"""Many connections, and bad ones among them: the others keep their service, and memory comes back."""

import resource
import socket
import unittest

import paho.mqtt.client as mqtt

from agent import AgentTestCase, eventually
from test_paho import Client

COUNT = 3_000


def connect_packet(name):
    body = b"\x00\x04MQTT\x04\x02\x00\x3c" + len(name).to_bytes(2, "big") + name
    return bytes([0x10, len(body)]) + body


class Crowd(AgentTestCase):
    @classmethod
    def setUpClass(cls):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < COUNT + 100:
            raise unittest.SkipTest(f"only {hard} open files are allowed")
        resource.setrlimit(resource.RLIMIT_NOFILE, (COUNT + 100, hard))

    def anonymous(self):
        with open(f"/proc/{self.agent.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("RssAnon"))

    def open_all(self, first):
        sockets = []
        for number in range(COUNT):
            peer = socket.create_connection(("127.0.0.1", self.agent.port))
            peer.sendall(first(number))
            sockets.append(peer)
        return sockets

    def setUp(self):
        super().setUp()
        # There before the crowd: Paho waits with select(2), which knows no more than 1,024 files.
        self.subscriber, self.publisher = (Client(mqtt.MQTTv5).connect(self.agent.port) for _ in range(2))
        self.addCleanup(self.subscriber.disconnect)
        self.addCleanup(self.publisher.disconnect)
        self.subscriber.subscribe(("served", 1))

    def serve(self):
        """One client's messages to another, with the crowd around them."""
        self.subscriber.messages.clear()
        for number in range(100):
            self.publisher.publish("served", f"{number}")
        self.subscriber.expect(*[f"{number}" for number in range(100)])

    def test_idle_clients(self):
        self.serve()
        before = self.anonymous()
        sockets = self.open_all(lambda number: connect_packet(b"idle-%d" % number))
        for peer in sockets:
            peer.settimeout(10)
            self.assertEqual(peer.recv(4), b"\x20\x02\x00\x00")
        self.serve()
        for peer in sockets:
            peer.close()
        eventually("memory comes back", lambda: self.anonymous() < before + 8_000, 20)
        self.serve()

    def test_clients_that_never_finish_their_first_packet(self):
        sockets = self.open_all(lambda number: connect_packet(b"half-%d" % number)[:-3])
        self.serve()
        for peer in sockets:
            peer.close()
        self.serve()

    def test_a_client_that_never_reads_and_one_that_never_acknowledges(self):
        deaf = socket.socket()
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        deaf.connect(("127.0.0.1", self.agent.port))
        deaf.sendall(connect_packet(b"deaf") + b"\x82\x06\x00\x01\x00\x01#\x00")
        mute = Client(mqtt.MQTTv5, clean=False, expiry=3600, manual_ack=True).connect(self.agent.port)
        self.addCleanup(mute.vanish)
        mute.subscribe(("#", 1))
        publisher = Client(mqtt.MQTTv5).connect(self.agent.port)
        for number in range(1_500):
            publisher.publish("much", b"x" * 4_000)
        publisher.disconnect()
        self.serve()
        deaf.close()


if __name__ == "__main__":
    unittest.main()
