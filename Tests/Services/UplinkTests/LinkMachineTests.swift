// SPDX-License-Identifier: Apache-2.0

import Testing
import UplinkFrames

@testable import Uplink

@Suite struct LinkMachineTests {
    private func machine(_ hubs: [String] = ["hub:1"]) -> LinkMachine {
        LinkMachine(hubNames: hubs, linkTimeout: .seconds(10), node: "gateway-1", seed: 1)
    }

    /// A machine whose first connection serves since 0 s.
    private func serving(_ hubs: [String] = ["hub:1"]) -> LinkMachine {
        var link = machine(hubs)
        _ = link.start(at: .zero)
        _ = link.opened(1, at: .zero)
        _ = link.welcomed(1, at: .zero)
        return link
    }

    @Test func `without a hub nothing is tried and the user is told`() {
        var link = machine([])
        #expect(link.start(at: .zero).isEmpty)
        #expect(link.deadline == nil)
        #expect(link.trouble == "SLUICE_HUB is not set: events are kept here")
    }

    @Test func `connect, hello, welcome, serve`() {
        var link = machine()
        #expect(link.start(at: .zero) == [.connect(1, hub: 0)])
        #expect(link.trouble == "connecting to hub:1")
        #expect(link.opened(1, at: .milliseconds(5)) == [.sayHello(1)])
        #expect(link.welcomed(1, at: .milliseconds(9)) == [.adopt(1)])
        #expect(link.trouble == nil)
        #expect(link.connections == 1)
    }

    @Test func `failures are retried with growing pauses, hub after hub`() throws {
        var link = machine(["a:1", "b:2"])
        var now: Duration = .zero
        #expect(link.start(at: now) == [.connect(1, hub: 0)])
        var pauses: [Duration] = []
        for id in UInt64(1)...8 {
            #expect(link.failed(id, "connection refused", at: now).isEmpty)
            let due = try #require(link.deadline)
            pauses.append(due - now)
            #expect(link.tick(at: due - .nanoseconds(1)).isEmpty)
            now = due
            #expect(link.tick(at: now) == [.connect(id + 1, hub: Int(id) % 2)])
        }
        #expect(link.trouble == "cannot connect to b:2: connection refused")
        #expect(pauses[0] > .milliseconds(80) && pauses[0] <= .milliseconds(100))
        #expect(pauses[1] > pauses[0])
        #expect(pauses[7] <= .seconds(2) && pauses[7] > .seconds(1.7))
    }

    @Test func `after ten minutes of failing it is tried every half minute, and routes that change reset that`() throws
    {
        var link = machine()
        _ = link.start(at: .zero)
        _ = link.failed(1, "no answer", at: .zero)
        _ = link.tick(at: .seconds(601))
        _ = link.failed(2, "no answer", at: .seconds(603))
        #expect(try #require(link.deadline) > .seconds(601 + 26), "counted from when the attempt began")
        #expect(link.routesChanged(at: .seconds(605)) == [.connect(3, hub: 0)])
        _ = link.failed(3, "no answer", at: .seconds(605))
        #expect(try #require(link.deadline) < .seconds(606))
    }

    @Test func `what an attempt took in vain counts as waiting`() {
        var link = machine()
        _ = link.start(at: .zero)
        _ = link.tick(at: .seconds(2))
        #expect(link.deadline == .seconds(2), "the next one begins at once")
        #expect(link.tick(at: .seconds(2)) == [.connect(2, hub: 0)])
    }

    @Test func `a hub that answers late is waited for once TCP stands`() {
        var link = machine()
        _ = link.start(at: .zero)
        link.reached(1, at: .milliseconds(100))
        #expect(link.tick(at: .seconds(2.2)) == [.connect(2, hub: 0)], "a second one is tried beside it")
        #expect(link.opened(1, at: .seconds(3)) == [.sayHello(1)])
        link.reached(2, at: .seconds(3))
        #expect(link.opened(2, at: .seconds(5)) == [.close(2, nil)], "the first came back to life")
        #expect(link.welcomed(1, at: .seconds(6)) == [.adopt(1)])
    }

    @Test func `an upgrade that is never answered is given up`() {
        var link = machine()
        _ = link.start(at: .zero)
        link.reached(1, at: .milliseconds(100))
        _ = link.tick(at: .seconds(2.2))
        _ = link.failed(2, "connection refused", at: .seconds(2.3))
        let actions = link.tick(at: .seconds(5.2))
        #expect(actions.contains(.close(1, nil)))
        #expect(link.trouble == "cannot connect to hub:1: no answer")
    }

    @Test func `a connection that does not come about is given up`() {
        var link = machine()
        _ = link.start(at: .zero)
        #expect(link.deadline == .seconds(2))
        #expect(link.tick(at: .seconds(2)) == [.close(1, nil)])
        #expect(link.trouble == "cannot connect to hub:1: no answer")
    }

    @Test func `an idle link is asked for life signs, and dead without any`() {
        var link = serving()
        #expect(link.deadline == .seconds(5))
        #expect(link.tick(at: .seconds(5)) == [.ping(1, 1)])
        link.heard(1, at: .seconds(5.1))
        #expect(link.tick(at: .seconds(10.1)) == [.ping(1, 2)])
        // No answer to the second: another connection is tried two seconds later.
        #expect(link.tick(at: .seconds(12.1)) == [.connect(2, hub: 0)])
        _ = link.failed(2, "no answer", at: .seconds(14))
        #expect(link.tick(at: .seconds(15.1)) == [.close(1, nil), .suspend])
        #expect(link.trouble == "lost the connection to hub:1: not a byte for 10.0 s")
    }

    @Test func `two seconds without progress bring a second connection, whose welcome makes it the first`() {
        var link = serving()
        link.owes(true, at: .seconds(1))
        #expect(link.deadline == .seconds(2))
        #expect(link.tick(at: .seconds(2)) == [.ping(1, 1)])
        #expect(link.tick(at: .seconds(3)) == [.connect(2, hub: 0)])
        #expect(link.opened(2, at: .seconds(3.1)) == [.sayHello(2)])
        #expect(link.welcomed(2, at: .seconds(3.2)) == [.close(1, nil), .adopt(2)])
        #expect(link.closed(1, nil, at: .seconds(3.3)).isEmpty)
        #expect(link.isServing)
    }

    @Test func `a first connection that comes back to life keeps its place`() {
        var link = serving()
        link.owes(true, at: .zero)
        _ = link.tick(at: .seconds(1))
        #expect(link.tick(at: .seconds(2)) == [.connect(2, hub: 0)])
        link.heard(1, at: .seconds(2.5))
        #expect(link.opened(2, at: .seconds(2.6)) == [.close(2, nil)])
        #expect(link.isServing)
    }

    @Test func `a hub that is slow but alive is no reason for a second connection`() {
        var link = serving()
        for second in 0..<20 {
            link.owes(true, at: .seconds(second))
            let actions = link.tick(at: .seconds(second) + .milliseconds(900))
            #expect(actions.isEmpty)
            link.heard(1, at: .seconds(second) + .milliseconds(950))
        }
    }

    @Test func `the second takes over when the first is lost, and its own fencing is no fault`() {
        var link = serving()
        link.owes(true, at: .zero)
        _ = link.tick(at: .seconds(1))
        _ = link.tick(at: .seconds(2))
        _ = link.opened(2, at: .seconds(2.1))
        #expect(link.bye(1, Bye(reason: .superseded, text: ""), at: .seconds(2.2)) == [.close(1, nil), .suspend])
        #expect(link.welcomed(2, at: .seconds(2.3)) == [.adopt(2)])
    }

    @Test func `a node name in use is named and retried every half minute`() {
        var link = machine()
        _ = link.start(at: .zero)
        _ = link.opened(1, at: .zero)
        #expect(link.bye(1, Bye(reason: .nodeNameInUse, text: ""), at: .seconds(1)) == [.close(1, nil)])
        #expect(link.deadline == .seconds(31))
        #expect(
            link.trouble == """
                another live agent uses the node name gateway-1 at hub:1: give this one another SLUICE_NODE or a fresh \
                state directory
                """
        )
    }

    @Test(arguments: [Bye.Reason.protocolFault, .versionUnsupported])
    func `a hub that does not understand hello is said an older one, soon`(reason: Bye.Reason) throws {
        var link = machine(["old:1", "new:1"])
        _ = link.start(at: .zero)
        _ = link.opened(1, at: .zero)
        #expect(link.helloVersion(1) == Hello.currentVersion)
        #expect(link.bye(1, Bye(reason: reason, text: "frame version 2"), at: .zero) == [.close(1, nil)])
        var due = try #require(link.deadline)
        #expect(due < .seconds(1))
        #expect(link.tick(at: due) == [.connect(2, hub: 1)])
        #expect(link.helloVersion(2) == Hello.currentVersion, "the other one is not known to be old")
        _ = link.failed(2, "refused", at: due)
        due = try #require(link.deadline)
        #expect(link.tick(at: due) == [.connect(3, hub: 0)])
        #expect(link.helloVersion(3) == Hello.currentVersion - 1)
        _ = link.opened(3, at: due)
        #expect(link.welcomed(3, at: due) == [.adopt(3)])
        // Next time it may be a newer one.
        _ = link.closed(3, nil, at: due)
        #expect(link.tick(at: try #require(link.deadline)) == [.connect(4, hub: 1)])
        _ = link.failed(4, "refused", at: due)
        #expect(link.tick(at: try #require(link.deadline)) == [.connect(5, hub: 0)])
        #expect(link.helloVersion(5) == Hello.currentVersion)
    }

    @Test func `a hub that takes nothing is still connected, and status says why`() throws {
        var link = machine()
        _ = link.start(at: .zero)
        _ = link.opened(1, at: .zero)
        link.held(1, "its disk is full")
        #expect(link.trouble == "hub:1 takes nothing at present: its disk is full")
        link.held(1, "")
        #expect(link.trouble != nil, "it has not said welcome yet")
        _ = link.welcomed(1, at: .zero)
        #expect(link.trouble == nil)
        link.held(7, "another connection")
        #expect(link.trouble == nil)
        link.held(1, "its disk is full")
        #expect(link.trouble == "hub:1 takes nothing at present: its disk is full")
        #expect(link.isServing)
        link.held(1, "")
        #expect(link.trouble == nil)
    }

    @Test func `a fault while it serves says nothing of versions`() throws {
        var link = serving()
        _ = link.bye(1, Bye(reason: .protocolFault, text: ""), at: .seconds(1))
        #expect(link.tick(at: try #require(link.deadline)) == [.connect(2, hub: 0)])
        #expect(link.helloVersion(2) == Hello.currentVersion)
    }

    @Test func `what only a later version says makes it ask for an older one, welcome or not`() throws {
        var link = serving()
        #expect(
            link.unsupported(1, "frame type 99", at: .seconds(1)) == [.close(1, .versionUnsupported), .suspend]
        )
        #expect(link.tick(at: try #require(link.deadline)) == [.connect(2, hub: 0)])
        #expect(link.helloVersion(2) == Hello.currentVersion - 1)
    }

    @Test func `the end says bye and nothing after it`() {
        var link = serving()
        #expect(link.end() == [.close(1, .closing)])
        #expect(link.closed(1, nil, at: .seconds(1)).isEmpty)
        #expect(link.deadline == nil)
    }
}
