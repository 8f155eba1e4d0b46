# SPDX-License-Identifier: Apache-2.0
"""What users of aiomqtt, the asyncio client, expect of a broker."""

import asyncio
import unittest

import aiomqtt

from agent import AgentTestCase


class Asynchronous(AgentTestCase):
    def client(self, **options):
        return aiomqtt.Client("127.0.0.1", self.agent.port, **options)

    def run_within(self, coroutine, seconds=20):
        return asyncio.run(asyncio.wait_for(coroutine, seconds))

    def test_wildcards_and_every_quality(self):
        async def body():
            async with self.client() as subscriber, self.client() as publisher:
                await subscriber.subscribe("house/+/temperature", qos=2)
                await subscriber.subscribe("house/#", qos=0)
                for qos in range(3):
                    await publisher.publish(f"house/{qos}/temperature", f"{qos}", qos=qos)
                got = []
                async for message in subscriber.messages:
                    got.append((message.topic.value, message.payload.decode()))
                    if len(got) == 3:
                        return got

        got = self.run_within(body())
        self.assertEqual(got, [(f"house/{qos}/temperature", f"{qos}") for qos in range(3)])

    def test_will_and_retained(self):
        async def body():
            will = aiomqtt.Will("state/device", "offline", qos=1, retain=True)
            async with self.client() as watcher:
                await watcher.subscribe("state/#", qos=1)
                try:
                    async with self.client(will=will) as device:
                        await device.publish("state/device", "online", qos=1, retain=True)
                        device._client._sock_close()
                        raise ConnectionResetError
                except (ConnectionResetError, aiomqtt.MqttError):
                    pass
                got = []
                async for message in watcher.messages:
                    got.append(message.payload.decode())
                    if len(got) == 2:
                        break
            async with self.client() as late:
                await late.subscribe("state/#")
                async for message in late.messages:
                    return got, message.payload.decode(), message.retain

        got, last, retain = self.run_within(body())
        self.assertEqual((got, last, bool(retain)), (["online", "offline"], "offline", True))

    def test_system_topics(self):
        async def body():
            async with self.client(protocol=aiomqtt.ProtocolVersion.V5) as reader:
                await reader.subscribe("$SYS/#")
                topics = {}
                async for message in reader.messages:
                    topics[message.topic.value] = message.payload.decode()
                    if "$SYS/broker/clients/connected" in topics and "$SYS/broker/version" in topics:
                        return topics

        self.assertIn("$SYS/broker/version", self.run_within(body()))


if __name__ == "__main__":
    unittest.main()
