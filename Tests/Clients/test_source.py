# SPDX-License-Identifier: Apache-2.0
"""The agent beside a real Mosquitto: what is published there is in the agent's store, kill -9 or not."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest

import paho.mqtt.client as mqtt

from agent import PROGRAM, Agent, eventually, free_port
from test_paho import Client

MOSQUITTO = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin")


@unittest.skipUnless(MOSQUITTO, "mosquitto is not installed")
class Source(unittest.TestCase):
    def setUp(self):
        self.port = free_port()
        directory = tempfile.TemporaryDirectory(prefix="sluice-clients-")
        self.addCleanup(directory.cleanup)
        with open(directory.name + "/conf", "w") as file:
            file.write(f"listener {self.port} 127.0.0.1\nallow_anonymous true\n")
        self.broker = subprocess.Popen([MOSQUITTO, "-c", directory.name + "/conf"], stderr=subprocess.DEVNULL)
        self.addCleanup(self.broker.wait)
        self.addCleanup(self.broker.terminate)
        self.agent = Agent(SOURCE=f"mqtt://127.0.0.1:{self.port}", SOURCE_TOPICS="house/#")
        self.addCleanup(self.agent.remove)
        self.agent.start()
        eventually("a session", lambda: "reading from a broker" in self.log())

    def log(self):
        with open(self.agent.directory + "/log") as log:
            return log.read()

    def command(self, *arguments):
        environment = {"PATH": os.environ["PATH"], "SLUICE_STATE_DIR": self.agent.directory + "/state"}
        return subprocess.run([PROGRAM, *arguments], env=environment, capture_output=True, text=True).stdout

    def backlog(self):
        return json.loads(self.command("status", "--json") or "{}").get("backlog_events", 0)

    def test_what_is_published_there_is_kept_here(self):
        publisher = Client(mqtt.MQTTv5).connect(self.port)
        self.addCleanup(publisher.disconnect)
        for number in range(200):
            publisher.publish("house/a", f"{number}")
            publisher.publish("garden/a", "not asked for")
        eventually("taken", lambda: self.backlog() >= 200)
        self.agent.kill()
        for number in range(200, 400):
            publisher.publish("house/a", f"{number}")
        self.agent.start()
        eventually("taken", lambda: self.backlog() >= 400)
        self.agent.stop()
        rows = [json.loads(line) for line in self.command("store", "export").splitlines()]
        self.assertEqual({row["topic"] for row in rows}, {"house/a"})
        # One that was stored and not acknowledged before the kill may have come again.
        self.assertEqual(list(dict.fromkeys(row["payload"] for row in rows)), [f"{number}" for number in range(400)])


if __name__ == "__main__":
    unittest.main()
