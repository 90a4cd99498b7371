import ArgumentParser
import Penstock
import PenstockLedger

/// A job that is run again and again, into a temporary folder.
struct RepeatedJob {
    private let job: Job

    /// A job from the words of a command line: `classify`, `predict` or `run` with its arguments.
    ///
    /// Its output is not touched.
    init(_ words: [String]) throws {
        guard let name = words.first else {
            throw PlanError("after \"--\" comes a job, such as classify.", isUsage: true)
        }
        var arguments = Array(words.dropFirst())
        if name != "run",
            !arguments.contains(where: { $0 == "-o" || $0.hasPrefix("--output") && !$0.hasPrefix("--output-") })
        {
            arguments += ["--output", "unused"]
        }
        job =
            switch name {
            case "classify": try ClassifyCommand.parse(arguments).job.job()
            case "predict": try PredictCommand.parse(arguments).predict.job()
            case "run": try RunCommand.parse(arguments).pipelineJob()
            default:
                throw PlanError("\"\(name)\" is no job that can be repeated: classify, predict or run.", isUsage: true)
            }
    }

    /// Runs it once to warm up, and then until patience is over; tells each rate on stderr.
    ///
    /// - `judge`: what the runs so far say; nil where nothing is judged.
    /// - Returns: the times, and the report of the run in the middle.
    func measured(
        _ patience: Patience,
        judge: @escaping @Sendable (Baseline) throws -> SlowdownCheck?
    ) async throws -> Baseline {
        let trials = DatasetTrials(job.dataset, table: job.table, options: job.options)
        return try await Interruption.handling {
            _ = try await trials.run(SettingChanges(), images: nil)
            let clock = MonotonicClock()
            let start = clock.now()
            var reports: [RunReport] = []
            repeat {
                let report = try await trials.run(SettingChanges(), images: nil)
                reports.append(report)
                Terminal.standardError("run \(reports.count): \(Format.number(report.imagesPerSecond)) images/s\n")
            } while !patience.isOver(
                runs: reports.count,
                seconds: clock.now().seconds(since: start),
                check: try judge(Self.baseline(reports))
            )
            return Self.baseline(reports)
        }
    }

    private static func baseline(_ reports: [RunReport]) -> Baseline {
        let sorted = reports.sorted { $0.imagesPerSecond < $1.imagesPerSecond }
        return Baseline(reports.compactMap { RunTime($0) }, report: sorted[sorted.count / 2])
    }
}
