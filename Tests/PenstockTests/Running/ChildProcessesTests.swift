import Foundation
import Testing

@testable import Penstock
@testable import PenstockCLI

/// Shells that run their own commands only, as the programs are to start no others.
@Suite("Programs in turns", .timeLimit(.minutes(10)))
struct ChildProcessesTests {
    private static func shell(_ script: String, _ messages: String, stopped: String? = nil) -> ChildProcesses.Command {
        ChildProcesses.Command(program: "/bin/sh", arguments: ["-c", script], messages: messages, stopped: stopped)
    }

    #if os(Linux)
        @Test("each runs in its own turns only, both to their ends, and each is told for how long it was stopped")
        func turns() async throws {
            let folder = try TemporaryFolder()
            // Says when it runs, for more than a second: that takes some turns, on machines of any speed; last, what it was told.
            let say = "read now idle < /proc/uptime; echo $now"
            func script(_ name: String) -> String {
                "\(say); end=$((${now%.*} + 2)); while [ ${now%.*} -lt $end ]; do \(say); done; exec cp '\(folder(name)).stopped' '\(folder(name)).told'"
            }
            let names = ["first", "second"]
            let statuses = try await ChildProcesses.run(
                names.map { Self.shell(script($0), folder($0), stopped: "\(folder($0)).stopped") }
            )
            #expect(statuses == [0, 0])
            var (segments, own, ends): ([[ClosedRange<Double>]], [Double], [Double]) = ([], [], [])
            for name in names {
                let text = try String(contentsOfFile: folder(name), encoding: .utf8)
                let moments = text.split(separator: "\n").compactMap { Double($0) }
                #expect(moments.count > 10)
                segments.append(Self.segments(moments))
                let told = try Data(contentsOf: URL(filePath: "\(folder(name)).told"))
                let nanoseconds = told.withUnsafeBytes { $0.loadUnaligned(as: Int64.self) }
                let (begin, end) = (try #require(moments.first), try #require(moments.last))
                own.append(end - begin - Double(nanoseconds) / 1e9)
                ends += [begin, end]
            }
            #expect(segments.allSatisfy { $0.count > 3 })
            // A turn that is late to begin is short, and may lie in what seems no gap of the other's.
            let long = segments.map { $0.filter { $0.upperBound - $0.lowerBound > 0.04 } }
            let overlapping = long[0].count { first in long[1].contains { $0.overlaps(first) } }
            #expect(overlapping == 0, "turns in those of the other")
            let elapsed = try #require(ends.max()) - (try #require(ends.min()))
            // Their own times fill the time that both took, but for that in which one was stopped and the next one started or woken.
            #expect(own.reduce(0, +) < elapsed + 0.1 && own.reduce(0, +) > 0.5 * elapsed, "\(own) of \(elapsed)")
        }

        /// Pieces of time without a gap of a twentieth of a second, a little shortened, as the file has hundredths of a second.
        private static func segments(_ moments: [Double]) -> [ClosedRange<Double>] {
            var segments: [ClosedRange<Double>] = []
            var begin = moments[0]
            for (moment, next) in zip(moments, moments.dropFirst() + [.infinity]) where next - moment > 0.05 {
                if moment - begin > 0.04 { segments.append(begin + 0.02...moment - 0.02) }
                begin = next
            }
            return segments
        }
    #endif

    @Test("those that prepare something do so one after the other, and take turns only then")
    func preparing() async throws {
        let folder = try TemporaryFolder()
        func count(to end: Int) -> String { "i=0; while [ $i -lt \(end) ]; do i=$((i + 1)); done" }
        // In turns from the beginning on the first one would be done long before the second.
        let scripts = [
            ": > first.ready; \(count(to: 100_000)); echo first >> order",
            "\(count(to: 1_000_000)); echo second >> order; : > second.ready",
        ]
        let statuses = try await ChildProcesses.run(
            zip(["first", "second"], scripts).map { name, script in
                var command = Self.shell("cd '\(folder.path)'; \(script)", folder(name))
                command.ready = folder("\(name).ready")
                return command
            }
        )
        #expect(statuses == [0, 0])
        #expect(try String(contentsOfFile: folder("order"), encoding: .utf8) == "second\nfirst\n")
    }

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
        let word = await Blocking.run { FileHandle(forReadingAtPath: begun)?.readDataToEndOfFile() }
        #expect(word == Data("begun\n".utf8))
        task.cancel()
        #expect(try await task.value == [-15, -15])
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
