package import Foundation
package import PenstockCore

/// Runs to hold others against, in a file that can lie beside the code: `penstock check --save`.
package struct Baseline: Sendable, Codable {
    /// The format's version.
    package var penstockBaseline = 1
    /// Images per second of each run.
    package var imagesPerSecond: [Double]
    /// CPU time ÷ time of each run, 0 where it is not known; nil in files of earlier versions.
    package var coresUsed: [Double]?
    /// The report of one of the runs.
    package var report: RunReport

    /// A baseline of runs.
    package init(_ times: [RunTime], report: RunReport) {
        imagesPerSecond = times.map { 1000 / $0.milliseconds }
        coresUsed = times.map { $0.coresUsed ?? 0 }
        self.report = report
    }

    /// The time of each run that wrote something.
    package var times: [RunTime] {
        imagesPerSecond.indices.filter { imagesPerSecond[$0] > 0 }.map { index in
            let cores = coresUsed.flatMap { $0.count == imagesPerSecond.count ? $0[index] : nil }
            return RunTime(milliseconds: 1000 / imagesPerSecond[index], coresUsed: cores)
        }
    }

    /// The file's content.
    package func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self) + Data("\n".utf8)
    }

    /// A baseline or a report from a file's content.
    ///
    /// - Throws: `StageError` when it is neither.
    package init(_ data: Data, name: String) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            if data.range(of: Data("\"penstock_baseline\"".utf8)) != nil {
                self = try decoder.decode(Baseline.self, from: data)
                guard penstockBaseline == 1 else {
                    throw StageError(
                        .unsupportedFormat,
                        "\(name) is a baseline of format \(penstockBaseline); this version reads format 1."
                    )
                }
                return
            }
            let report = try decoder.decode(RunReport.self, from: data)
            // A report may leave out any key, so that any JSON object would be one.
            guard report.rowsRead > 0 || !report.stages.isEmpty || !report.settings.isEmpty else {
                throw StageError(.damagedData, "\(name) is neither a report nor a baseline.")
            }
            self.init(RunTime(report).map { [$0] } ?? [], report: report)
        } catch let error as StageError {
            throw error
        } catch {
            throw StageError(.damagedData, "\(name) is neither a report nor a baseline: \(error).")
        }
    }
}
