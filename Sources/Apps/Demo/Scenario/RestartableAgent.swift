// SPDX-License-Identifier: Apache-2.0

/// The demo's agent, which is killed and started again.
package final actor RestartableAgent {
    private let site: DemoSite
    private var child: ChildProcess?

    package init(_ site: DemoSite) {
        self.site = site
    }

    /// Runs `body` with a started agent, which has ended when this returns or throws.
    nonisolated package func running<Result: Sendable>(
        _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            try await start()
            let result = try await body()
            try await kill()
            return result
        } catch {
            try? await kill()
            throw error
        }
    }

    package func start() async throws {
        child = try await site.startAgent()
    }

    package func kill() async throws {
        try await child?.kill()
    }

    /// Stops it as an operator would.
    package func stop() async throws {
        try await child?.stop()
    }

    /// The last lines that it wrote.
    package var tail: String { child?.tail ?? "" }
}
