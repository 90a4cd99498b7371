import Foundation
import Testing

@testable import Penstock
@testable import PenstockCLI

/// Shells that run their own commands only, as the programs are to start no others.
@Suite("Programs in turns", .timeLimit(.minutes(10)))
struct ChildProcessesTests {
    private static func shell(_ script: String, _ messages: String) -> ChildProcesses.Command {
        ChildProcesses.Command(program: "/bin/sh", arguments: ["-c", script], messages: messages)
    }

    #if os(Linux)
        @Test("each runs in its own turns only, and both to their ends")
        func turns() async throws {
            let folder = try TemporaryFolder()
            // Says when it runs, for more than a second: that takes some turns, on machines of any speed.
            let say = "read now idle < /proc/uptime; echo $now"
            let script = "\(say); end=$((${now%.*} + 2)); while [ ${now%.*} -lt $end ]; do \(say); done; exit 3"
            let before = try Self.uptime() - Platform.monotonicSeconds
            let endings = try await ChildProcesses.run([
                Self.shell(script, folder("first")), Self.shell(script, folder("second")),
            ])
            #expect(endings.map(\.status) == [3, 3])
            for (ending, name) in zip(endings, ["first", "second"]) {
                let text = try String(contentsOfFile: folder(name), encoding: .utf8)
                let moments = text.split(separator: "\n").compactMap { Double($0) }.map { $0 - before }
                #expect(moments.count > 10)
                // The file has hundredths of a second.
                let strays = moments.count { moment in
                    !ending.turns.contains { ($0.lowerBound - 0.02...$0.upperBound + 0.02).contains(moment) }
                }
                #expect(strays == 0, "moments in turns of the other")
            }
            #expect(endings.allSatisfy { $0.turns.count > 1 })
            for first in endings[0].turns { #expect(endings[1].turns.allSatisfy { !$0.overlaps(first) }) }
        }

        private static func uptime() throws -> Double {
            let text = try String(contentsOfFile: "/proc/uptime", encoding: .utf8)
            return try #require(text.split(separator: " ").first.flatMap { Double($0) })
        }
    #endif

    @Test("cancelling ends all of them, the stopped ones too")
    func cancelled() async throws {
        let folder = try TemporaryFolder()
        let begun = folder("begun")
        #expect(mkfifo(begun, 0o600) == 0)
        let commands = [
            Self.shell("while :; do :; done", folder("first")),
            Self.shell("echo begun > '\(begun)'; while :; do :; done", folder("second")),
        ]
        let task = Task { try await ChildProcesses.run(commands) }
        // The second one begins when the first was stopped.
        let word = try await Blocking.run { FileHandle(forReadingAtPath: begun)?.readDataToEndOfFile() }
        #expect(word == Data("begun\n".utf8))
        task.cancel()
        #expect(try await task.value.map(\.status) == [-15, -15])
    }

    @Test("where one cannot be started, the others are ended")
    func missing() async throws {
        let folder = try TemporaryFolder()
        let commands = [
            Self.shell("while :; do :; done", folder("first")),
            ChildProcesses.Command(program: "/nonexistent", arguments: [], messages: folder("second")),
        ]
        let error = await #expect(throws: PlanError.self) { try await ChildProcesses.run(commands) }
        #expect(error?.message.contains("cannot start \"/nonexistent\": error 2") == true)
    }
}
