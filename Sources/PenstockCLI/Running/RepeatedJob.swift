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

    /// Runs it once to warm up, and then `count` times; tells each rate on stderr.
    ///
    /// - Returns: the rates, and the report of the run in the middle.
    func measured(_ count: Int) async throws -> Baseline {
        let trials = DatasetTrials(job.dataset, table: job.table, options: job.options)
        return try await Interruption.handling {
            _ = try await trials.run(SettingChanges(), images: nil)
            var reports: [RunReport] = []
            for number in 1...count {
                let report = try await trials.run(SettingChanges(), images: nil)
                Terminal.standardError("run \(number) of \(count): \(Format.number(report.imagesPerSecond)) images/s\n")
                reports.append(report)
            }
            let sorted = reports.sorted { $0.imagesPerSecond < $1.imagesPerSecond }
            return Baseline(imagesPerSecond: reports.map(\.imagesPerSecond), report: sorted[sorted.count / 2])
        }
    }
}
