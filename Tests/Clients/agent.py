# SPDX-License-Identifier: Apache-2.0
"""An agent as a real process, and what the tests of other people's clients share."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

PROGRAM = os.environ.get("SLUICE", ".build/debug/sluice")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(what, condition, seconds=10):
    """Waits until `condition` holds; fails when it does not in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.005)


class Agent:
    def __init__(self, **settings):
        self.directory = tempfile.mkdtemp(prefix="sluice-clients-")
        self.port = free_port()
        self.settings = {f"SLUICE_{name}": str(value) for name, value in settings.items()}
        self.process = None

    def start(self):
        environment = {
            "PATH": os.environ["PATH"],
            "SLUICE_STATE_DIR": self.directory + "/state",
            **self.settings,
        }
        if "SLUICE_SOURCE" not in self.settings:
            environment["SLUICE_MQTT_LISTEN"] = f"127.0.0.1:{self.port}"
        os.makedirs(self.directory + "/state", exist_ok=True)
        self.log = open(self.directory + "/log", "ab")
        self.process = subprocess.Popen([PROGRAM, "agent"], env=environment, stdout=self.log, stderr=self.log)
        eventually("agent answers", self.answers)

    def answers(self):
        """Whether it listens, or, where it reads from another broker, has its socket."""
        if self.process.poll() is not None:
            with open(self.directory + "/log") as log:
                raise AssertionError("the agent ended:\n" + log.read())
        if "SLUICE_SOURCE" in self.settings:
            return os.path.exists(self.directory + "/state/sluice.sock")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self):
        """As a power cut would, for the process."""
        self.process.kill()
        self.process.wait()
        self.log.close()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)
            self.log.close()

    def remove(self):
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


class AgentTestCase(unittest.TestCase):
    """A test against one agent, which it has for itself."""

    settings = {}

    def setUp(self):
        self.agent = Agent(**self.settings)
        self.addCleanup(self.agent.remove)
        self.agent.start()
