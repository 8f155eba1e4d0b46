// SPDX-License-Identifier: Apache-2.0

import Events
import Testing

@Suite struct EventIdentityTests {
    @Test func `an event is named as exports show it`() {
        let identity = EventIdentity(text: "gw-1/00000000000000e0/4/42")
        let lane = Lane(epoch: 0xE0, partition: Partition(number: 4))
        #expect(identity == EventIdentity(node: "gw-1", lane: lane, sequence: 42))
    }

    @Test(arguments: [
        "", "gw-1", "gw-1/00000000000000e0/4", "gw-1/e0/4/42", "gw-1/00000000000000E0/4/42", "/00000000000000e0/4/42",
        "gw-1/00000000000000e0/-4/42", "gw-1/00000000000000e0/4/0", "gw-1/00000000000000e0/4/42/",
        "gw-1/+0000000000000e0/4/42",
    ]) func `anything else is refused`(text: String) {
        #expect(EventIdentity(text: text) == nil)
    }
}
