# SPDX-License-Identifier: Apache-2.0
"""What users of Eclipse Paho's client for Python expect of a broker, in both versions."""

import itertools
import threading
import unittest

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from agent import AgentTestCase, eventually

VERSIONS = {"3.1.1": mqtt.MQTTv311, "5": mqtt.MQTTv5}
names = itertools.count()


def properties(kind, **values):
    made = Properties(kind)
    for name, value in values.items():
        setattr(made, name, value)
    return made


class Client:
    """A client that keeps all that happens to it."""

    def __init__(self, version, name=None, clean=True, expiry=None, connect=None, **options):
        self.version = version
        self.name = name or f"test-{next(names)}"
        self.messages, self.reasons, self.subscribed = [], [], []
        self.session_present, self.connack, self.disconnected = None, None, None
        self.connected = threading.Event()
        v5 = version == mqtt.MQTTv5
        self.paho = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            self.name,
            clean_session=None if v5 else clean,
            protocol=version,
            transport=options.pop("transport", "tcp"),
            manual_ack=options.pop("manual_ack", False),
        )
        self.clean = clean
        self.properties = connect or properties(PacketTypes.CONNECT) if v5 else None
        if v5 and expiry is not None:
            self.properties.SessionExpiryInterval = expiry
        self.paho.on_connect = self.on_connect
        self.paho.on_message = lambda client, data, message: self.messages.append(message)
        self.paho.on_subscribe = lambda client, data, mid, reasons, props: self.subscribed.append(reasons)
        self.paho.on_disconnect = self.on_disconnect
        self.keepalive = options.pop("keepalive", 60)

    def on_connect(self, client, data, flags, reason, props):
        self.session_present, self.reason, self.connack = flags.session_present, reason, props
        self.connected.set()

    def on_disconnect(self, client, data, flags, reason, props):
        self.disconnected = reason

    def connect(self, port):
        self.connected.clear()
        host = getattr(self, "host", "127.0.0.1")
        if self.version == mqtt.MQTTv5:
            self.paho.connect(
                host, port, self.keepalive, clean_start=self.clean, properties=self.properties
            )
        else:
            self.paho.connect(host, port, self.keepalive)
        self.paho.loop_start()
        assert self.connected.wait(10), "no CONNACK"
        return self

    def subscribe(self, *filters, **options):
        count = len(self.subscribed)
        if self.version == mqtt.MQTTv5:
            plain = lambda option: SubscribeOptions(qos=option) if isinstance(option, int) else option
            filters = [(topic, plain(option)) for topic, option in filters]
        self.paho.subscribe(list(filters), **options)
        eventually("SUBACK", lambda: len(self.subscribed) > count)
        return self.subscribed[-1]

    def publish(self, topic, payload=b"", qos=1, **options):
        self.paho.publish(topic, payload, qos, **options).wait_for_publish(10)

    def disconnect(self):
        self.paho.disconnect()
        self.paho.loop_stop()

    def vanish(self):
        """As if its power was cut: no DISCONNECT."""
        self.paho.on_disconnect = None
        self.paho._sock_close()
        self.paho.loop_stop()

    @property
    def payloads(self):
        return [message.payload.decode() for message in self.messages]

    def expect(self, *payloads):
        eventually(f"{payloads} instead of {self.payloads}", lambda: len(self.messages) >= len(payloads))
        assert self.payloads == list(payloads), f"{self.payloads} instead of {payloads}"


class Both(AgentTestCase):
    """What MQTT 3.1.1 and 5 have in common."""

    def client(self, version, *arguments, **options):
        client = Client(version, *arguments, **options).connect(self.agent.port)
        self.addCleanup(client.disconnect)
        return client

    def test_each_quality_of_service_reaches_each(self):
        for name, version in VERSIONS.items():
            for granted in range(3):
                with self.subTest(version=name, granted=granted):
                    topic = f"q/{name}/{granted}"
                    subscriber = self.client(version)
                    subscriber.subscribe((topic, granted))
                    publisher = self.client(version)
                    for qos in range(3):
                        publisher.publish(topic, f"{qos}", qos)
                    subscriber.expect("0", "1", "2")
                    qualities = [message.qos for message in subscriber.messages]
                    self.assertEqual(qualities, [min(granted, qos) for qos in range(3)])

    def test_retained_messages_come_with_the_subscription(self):
        for name, version in VERSIONS.items():
            with self.subTest(version=name):
                publisher = self.client(version)
                for qos in range(3):
                    publisher.publish(f"r/{name}/{qos}", f"old", qos, retain=True)
                    publisher.publish(f"r/{name}/{qos}", f"kept {qos}", qos, retain=True)
                publisher.publish(f"r/{name}/gone", "x", 1, retain=True)
                publisher.publish(f"r/{name}/gone", b"", 1, retain=True)
                subscriber = self.client(version)
                subscriber.subscribe((f"r/{name}/+", 2))
                eventually("three", lambda: len(subscriber.messages) >= 3)
                self.assertEqual(sorted(subscriber.payloads), ["kept 0", "kept 1", "kept 2"])
                self.assertTrue(all(message.retain for message in subscriber.messages))
                publisher.publish(f"r/{name}/1", "live", 1, retain=True)
                eventually("the fourth", lambda: len(subscriber.messages) == 4)
                self.assertFalse(subscriber.messages[3].retain)

    def test_a_session_keeps_what_comes_while_its_client_is_away(self):
        for name, version in VERSIONS.items():
            with self.subTest(version=name):
                self.session(name, version, lambda: None)

    def test_a_session_outlives_the_agent_by_kill_9(self):
        for name, version in VERSIONS.items():
            with self.subTest(version=name):
                self.session(name, version, self.restart)

    def restart(self):
        self.agent.kill()
        self.agent.start()

    def session(self, name, version, meanwhile):
        topic = f"away/{name}/{next(names)}"
        subscriber = Client(version, clean=False, expiry=3600).connect(self.agent.port)
        self.assertFalse(subscriber.session_present)
        subscriber.subscribe((topic, 2))
        subscriber.disconnect()
        publisher = Client(version).connect(self.agent.port)
        for qos in range(3):
            publisher.publish(topic, f"{qos}", qos)
        publisher.disconnect()
        meanwhile()
        again = self.client(version, subscriber.name, clean=False, expiry=3600)
        self.assertTrue(again.session_present)
        again.expect("1", "2")
        other = self.client(version)
        other.publish(topic, "live", 2)
        again.expect("1", "2", "live")
        again.disconnect()
        fresh = self.client(version, subscriber.name, clean=True)
        self.assertFalse(fresh.session_present)
        other.publish(topic, "for nobody", 1)
        back = self.client(version, subscriber.name, clean=False)
        self.assertFalse(back.session_present)
        self.assertEqual(back.payloads, [])

    def test_retained_messages_outlive_the_agent(self):
        publisher = Client(mqtt.MQTTv311).connect(self.agent.port)
        publisher.publish("kept/a", "1", 1, retain=True)
        publisher.publish("kept/b", "2", 1, retain=True)
        publisher.publish("kept/a", "3", 1, retain=True)
        publisher.publish("kept/b", b"", 1, retain=True)
        publisher.disconnect()
        self.restart()
        subscriber = self.client(mqtt.MQTTv311)
        subscriber.subscribe(("kept/#", 1))
        subscriber.expect("3")

    def test_a_will_is_published_when_its_client_vanishes(self):
        for name, version in VERSIONS.items():
            for qos in range(3):
                with self.subTest(version=name, qos=qos):
                    watcher = self.client(version)
                    watcher.subscribe((f"will/{name}/{qos}", 2))
                    device = Client(version)
                    device.paho.will_set(f"will/{name}/{qos}", "gone", qos, retain=True)
                    device.connect(self.agent.port)
                    device.vanish()
                    watcher.expect("gone")
                    late = self.client(version)
                    late.subscribe((f"will/{name}/{qos}", 2))
                    late.expect("gone")
                    polite = Client(version)
                    polite.paho.will_set(f"will/{name}/{qos}", "never", qos)
                    polite.connect(self.agent.port).disconnect()
                    self.client(version).publish(f"will/{name}/{qos}", "end", 1)
                    watcher.expect("gone", "end")

    def test_the_same_name_takes_over(self):
        for name, version in VERSIONS.items():
            with self.subTest(version=name):
                first = Client(version)
                first.paho.reconnect_delay_set(60)
                first.connect(self.agent.port)
                second = self.client(version, first.name)
                eventually("thrown out", lambda: first.disconnected is not None)
                if version == mqtt.MQTTv5:
                    self.assertEqual(first.disconnected.value, 0x8E)
                second.subscribe(("t", 0))
                first.paho.loop_stop()

    def test_shared_subscriptions_take_turns(self):
        for name, version in VERSIONS.items():
            with self.subTest(version=name):
                members = [self.client(version) for _ in range(3)]
                for member in members:
                    member.subscribe((f"$share/group/s/{name}/#", 1))
                all_of_it = self.client(version)
                all_of_it.subscribe((f"s/{name}/#", 1))
                publisher = self.client(version)
                for number in range(30):
                    publisher.publish(f"s/{name}/x", f"{number}", 1)
                eventually("all", lambda: sum(len(member.messages) for member in members) == 30)
                self.assertEqual([len(member.messages) for member in members], [10, 10, 10])
                all_of_it.expect(*[f"{number}" for number in range(30)])


class Version5(AgentTestCase):
    def client(self, *arguments, **options):
        client = Client(mqtt.MQTTv5, *arguments, **options).connect(self.agent.port)
        self.addCleanup(client.disconnect)
        return client

    def test_subscription_identifiers_come_with_messages(self):
        subscriber = self.client()
        for identifier, topic in [(7, "i/+"), (9, "i/#")]:
            subscriber.subscribe(
                (topic, SubscribeOptions(qos=1)),
                properties=properties(PacketTypes.SUBSCRIBE, SubscriptionIdentifier=identifier),
            )
        self.client().publish("i/a", "x")
        subscriber.expect("x")
        self.assertEqual(sorted(subscriber.messages[0].properties.SubscriptionIdentifier), [7, 9])

    def test_retain_handling_and_retain_as_published(self):
        publisher = self.client()
        publisher.publish("h/a", "kept", 1, retain=True)
        subscriber = self.client()
        for handling, expected in [(2, 0), (1, 0), (0, 1), (1, 1), (0, 2)]:
            subscriber.subscribe(("h/a", SubscribeOptions(qos=1, retainHandling=handling)))
            publisher.publish(f"h/mark", "m")
            eventually("as many", lambda: len(subscriber.messages) >= expected)
            self.assertEqual(len(subscriber.messages), expected, f"handling {handling}")
        subscriber.paho.unsubscribe("h/a")
        subscriber.subscribe(("h/a", SubscribeOptions(qos=1, retainHandling=1)))
        subscriber.expect("kept", "kept", "kept")
        asis = self.client()
        asis.subscribe(("h/b", SubscribeOptions(qos=1, retainAsPublished=True)))
        publisher.publish("h/b", "1", 1, retain=True)
        publisher.publish("h/b", "2", 1, retain=False)
        asis.expect("1", "2")
        self.assertEqual([message.retain for message in asis.messages], [True, False])

    def test_no_local(self):
        client = self.client()
        client.subscribe(("n/#", SubscribeOptions(qos=1, noLocal=True)))
        client.publish("n/a", "own")
        self.client().publish("n/a", "other")
        client.expect("other")

    def test_topic_aliases_both_ways(self):
        subscriber = self.client(connect=properties(PacketTypes.CONNECT, TopicAliasMaximum=1))
        subscriber.subscribe(("alias/#", 1))
        publisher = self.client()
        self.assertGreater(publisher.connack.TopicAliasMaximum, 0)
        publisher.publish("alias/a", "1", properties=properties(PacketTypes.PUBLISH, TopicAlias=1))
        publisher.publish("", "2", properties=properties(PacketTypes.PUBLISH, TopicAlias=1))
        publisher.publish("alias/b", "3")
        subscriber.expect("1", "2", "3")
        self.assertEqual([message.topic for message in subscriber.messages], ["alias/a", "", "alias/b"])
        self.assertEqual([message.properties.TopicAlias for message in subscriber.messages[:2]], [1, 1])

    def test_properties_come_through(self):
        subscriber = self.client()
        subscriber.subscribe(("p", 2))
        sent = properties(
            PacketTypes.PUBLISH,
            PayloadFormatIndicator=1,
            ContentType="text/plain",
            ResponseTopic="answer/here",
            CorrelationData=b"\x00\x01",
            UserProperty=[("a", "1"), ("a", "2")],
        )
        self.client().publish("p", "x", 2, properties=sent)
        subscriber.expect("x")
        got = subscriber.messages[0].properties
        self.assertEqual(got.ResponseTopic, "answer/here")
        self.assertEqual(got.CorrelationData, b"\x00\x01")
        self.assertEqual(got.ContentType, "text/plain")
        self.assertEqual(got.PayloadFormatIndicator, 1)
        self.assertEqual(got.UserProperty, [("a", "1"), ("a", "2")])

    def test_messages_expire(self):
        subscriber = Client(mqtt.MQTTv5, clean=False, expiry=3600).connect(self.agent.port)
        subscriber.subscribe(("e/#", 1))
        subscriber.disconnect()
        publisher = self.client()
        publisher.publish("e/1", "short", properties=properties(PacketTypes.PUBLISH, MessageExpiryInterval=1))
        publisher.publish("e/2", "long", properties=properties(PacketTypes.PUBLISH, MessageExpiryInterval=600))
        publisher.publish("e/3", "kept", retain=True, properties=properties(PacketTypes.PUBLISH, MessageExpiryInterval=1))
        threading.Event().wait(1.2)
        again = self.client(subscriber.name, clean=False, expiry=3600)
        again.expect("long")
        self.assertLessEqual(again.messages[0].properties.MessageExpiryInterval, 599)
        again.subscribe(("e/#", 1))
        publisher.publish("e/4", "end")
        again.expect("long", "end")

    def test_sessions_expire(self):
        client = Client(mqtt.MQTTv5, clean=False, expiry=1).connect(self.agent.port)
        client.subscribe(("t", 1))
        client.disconnect()
        again = Client(mqtt.MQTTv5, client.name, clean=False, expiry=1).connect(self.agent.port)
        self.assertTrue(again.session_present)
        again.disconnect()
        threading.Event().wait(1.5)
        late = self.client(client.name, clean=False, expiry=1)
        self.assertFalse(late.session_present)

    def test_a_will_waits_for_its_delay_unless_the_client_comes_back(self):
        watcher = self.client()
        watcher.subscribe(("w/#", 1))
        device = Client(mqtt.MQTTv5, clean=False, expiry=600)
        device.paho.will_set("w/a", "late", 1, properties=properties(PacketTypes.WILLMESSAGE, WillDelayInterval=1))
        device.connect(self.agent.port)
        device.vanish()
        back = Client(mqtt.MQTTv5, device.name, clean=False, expiry=600)
        back.paho.will_set("w/b", "now", 1, properties=properties(PacketTypes.WILLMESSAGE, WillDelayInterval=1))
        back.connect(self.agent.port)
        back.vanish()
        watcher.expect("now")

    def test_the_receive_maximum_bounds_what_is_on_its_way(self):
        subscriber = self.client(connect=properties(PacketTypes.CONNECT, ReceiveMaximum=3), manual_ack=True)
        subscriber.subscribe(("f", 1))
        publisher = self.client()
        for number in range(10):
            publisher.publish("f", f"{number}")
        mark = self.client()
        mark.subscribe(("g", 1))
        publisher.publish("g", "mark")
        mark.expect("mark")
        self.assertEqual(subscriber.payloads, ["0", "1", "2"])
        for number in range(10):
            eventually("the next", lambda: len(subscriber.messages) > number)
            message = subscriber.messages[number]
            subscriber.paho.ack(message.mid, message.qos)
        subscriber.expect(*[f"{number}" for number in range(10)])

    def test_the_maximum_packet_size_is_kept(self):
        subscriber = self.client(connect=properties(PacketTypes.CONNECT, MaximumPacketSize=100))
        subscriber.subscribe(("m", 1))
        publisher = self.client()
        publisher.publish("m", "x" * 200)
        publisher.publish("m", "small")
        subscriber.expect("small")

    def test_an_assigned_name_and_reasons(self):
        client = Client(mqtt.MQTTv5)
        client.paho._client_id = b""
        client.connect(self.agent.port)
        self.addCleanup(client.disconnect)
        self.assertTrue(client.connack.AssignedClientIdentifier)
        reasons = client.subscribe(("/" * 201, 1), ("ok", 2))
        self.assertEqual([reason.value for reason in reasons], [0x97, 2])
        client.paho.subscribe("$share/only-a-name", 1)
        eventually("DISCONNECT", lambda: client.disconnected)
        self.assertEqual(client.disconnected.value, 0x81)


if __name__ == "__main__":
    unittest.main()
