import PenstockAdvisor
import Synchronization
import Testing

@testable import Penstock

/// Answers with a rate that its batch size determines, and remembers who took turns with whom.
private final class ScriptedTrials: TrialRunner {
    let alone = Mutex<[String]>([])
    let together = Mutex<[[String]]>([])

    func run(_ changes: SettingChanges, images: Int?) async throws -> RunReport {
        alone.withLock { $0.append(changes.description) }
        return Self.report(changes)
    }

    func run(inTurns ways: [SettingChanges], images: Int?) async throws -> [RunReport] {
        together.withLock { $0.append(ways.map(\.description)) }
        return ways.map(Self.report)
    }

    private static func report(_ changes: SettingChanges) -> RunReport {
        var report = RunReport()
        report.imagesPerSecond = 10 * (Double(changes.values["batch-size"] ?? "1") ?? 0)
        return report
    }
}

/// Remembers what it is to run, and runs nothing.
private final class RecordedProcesses: TrialProcesses {
    let groups = Mutex<[[Trial]]>([])

    func run(_ trials: [Trial]) async throws -> [RunReport] {
        groups.withLock { $0.append(trials) }
        return trials.map { _ in RunReport() }
    }
}

@Suite("Measured gains")
struct GainMeasurementTests {
    @Test("the two of a pair take turns, each way warmed up before; which is first changes, and the ratio does not")
    func pairs() async throws {
        let runner = ScriptedTrials()
        let batch = try SettingChanges(parsing: "batch-size=3")
        let both = try SettingChanges(parsing: "batch-size=6,decode-workers=2")
        let measured = try await GainMeasurement(runner, images: 8, repeats: 3).measure([
            (SettingChanges(), batch), (batch, both),
        ])
        #expect(measured.map(\.ratios) == [[3, 3, 3], [2, 2, 2]])
        #expect(runner.alone.withLock { $0 } == ["", batch.description, both.description])
        let first = [["", batch.description], [batch.description, both.description]]
        let turned = first.map { Array($0.reversed()) }
        #expect(runner.together.withLock { $0 } == first + turned + first)
    }

    @Test("processes run the ways of a local sample, with its first files; a store would go on while one is stopped")
    func processes() async throws {
        let processes = RecordedProcesses()
        func trials(_ dataset: Dataset, _ paths: [String]?) -> DatasetTrials {
            DatasetTrials(
                dataset,
                table: WriteTable(directory: ""),
                options: RunOptions(),
                processes: processes,
                paths: paths
            )
        }
        let ways = [SettingChanges(), SettingChanges(["batch-size": "none"])]
        _ = try await trials(.readImages(from: ["photos"]), ["a", "b", "c"]).run(inTurns: ways, images: 2)
        let recorded = processes.groups.withLock { $0 }
        #expect(recorded.map { $0.map(\.changes) } == [ways.map(\.values)])
        #expect(recorded.allSatisfy { $0.allSatisfy { $0.paths == ["a", "b"] && $0.images == 2 } })
        // Run here, the first thing that is noticed is that no batch has that size.
        let wrong = [ways[1], ways[1]]
        for stored in [Dataset.readImages(from: ["s3://photos/a"]), .readParquet(from: ["s3://tables/b.parquet"])] {
            await #expect(throws: PlanError.self) { try await trials(stored, nil).run(inTurns: wrong, images: 2) }
        }
        #expect(processes.groups.withLock { $0.count } == 1)
    }
}
