# SPDX-License-Identifier: Apache-2.0
"""Exactly once with QoS 2, at least once with QoS 1, while the agent is killed again and again."""

import os
import random
import time
import unittest

import paho.mqtt.client as mqtt

from agent import AgentTestCase, eventually
from test_paho import VERSIONS, Client

ROUNDS = int(os.environ.get("KILL_ROUNDS", "4"))
SEED = int(os.environ.get("KILL_SEED", time.time_ns() % 1_000_000))


class Kill(AgentTestCase):
    def reconnecting(self, version, **options):
        client = Client(version, clean=False, expiry=3600, **options)
        # Time enough for the agent: after an attempt that fails, Paho sends PUBLISH again where it had sent PUBREL, and then
        # no broker can tell it from a new message.
        client.paho.reconnect_delay_set(min_delay=1, max_delay=1)
        client.paho.max_inflight_messages_set(0)
        client.connect(self.agent.port)
        self.addCleanup(client.disconnect)
        return client

    def run_through(self, version, qos):
        chance = random.Random(SEED)
        topic = f"kill/{qos}"
        subscriber = self.reconnecting(version)
        subscriber.subscribe((topic, qos))
        publisher = self.reconnecting(version)
        sent = 0
        for _ in range(ROUNDS):
            for _ in range(chance.randrange(20, 80)):
                publisher.paho.publish(topic, f"{sent}", qos)
                sent += 1
            time.sleep(chance.random() * 0.15)
            self.agent.kill()
            for client in (publisher, subscriber):
                client.connected.clear()
            self.agent.start()
            for client in (publisher, subscriber):
                self.assertTrue(client.connected.wait(10), "not back")
        expected = [f"{number}" for number in range(sent)]
        eventually("all", lambda: set(subscriber.payloads) >= set(expected), 30)
        return expected, subscriber

    def test_qos_2_comes_exactly_once(self):
        for name, version in VERSIONS.items():
            with self.subTest(version=name, seed=SEED):
                expected, subscriber = self.run_through(version, 2)
                end = Client(version).connect(self.agent.port)
                end.publish("kill/2", "end", 2)
                end.disconnect()
                eventually("the end", lambda: "end" in subscriber.payloads)
                self.assertEqual(sorted(subscriber.payloads), sorted(expected + ["end"]))
                subscriber.disconnect()

    def test_qos_1_comes_at_least_once(self):
        for name, version in VERSIONS.items():
            with self.subTest(version=name, seed=SEED):
                expected, subscriber = self.run_through(version, 1)
                first = list(dict.fromkeys(subscriber.payloads))
                self.assertEqual(sorted(first), sorted(expected))
                subscriber.disconnect()


if __name__ == "__main__":
    unittest.main()
