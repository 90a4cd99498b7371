package import Foundation
import GRDB
package import PenstockCore

/// One run as the ledger keeps it: its report, and what finds it again.
package struct RunRecord: Sendable, Equatable, Codable {
    /// Its number in the ledger; nil before it is added.
    package var id: Int64?
    /// When it ended.
    package var date: Date
    /// The words of the command line.
    package var command: String
    /// Where it wrote to, as an absolute path or a URI.
    package var output: String
    /// The model file as it was named; empty without a model.
    package var model: String
    /// SHA-256 of the model file.
    package var modelHash: String
    /// Processor, cores and memory.
    package var machine: String
    /// Penstock, backend and library versions.
    package var versions: String
    /// `done`, `interrupted`, `too_many_bad_rows` or `failed`.
    package var outcome: String
    /// The arithmetic of the model.
    package var precision: String
    /// The stage that limited it.
    package var limit: String
    /// The verdict's sentence.
    package var verdict: String
    /// Rows written.
    package var rows: Int
    /// Rows written per second.
    package var rate: Double
    /// What runs of the same job have in common; see `JobTraits`.
    package var job: String
    /// The report as JSON.
    package var report: String

    /// A record of a run that ended now.
    ///
    /// - `json`: the report as it stands in `report.json`.
    package init(_ report: RunReport, json: String, command: String, output: String, date: Date) {
        self.date = date
        self.command = command
        self.output = output
        self.report = json
        let traits = JobTraits(report)
        model = report.model?.path ?? ""
        modelHash = traits.modelHash
        machine = traits.machine
        versions = report.versions.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        outcome = report.outcome.rawValue
        precision = report.model?.precision ?? ""
        limit = report.verdict.limitingStage
        verdict = report.verdict.text
        rows = report.rowsWritten
        rate = report.imagesPerSecond
        job = traits.key
    }
}

extension RunRecord: FetchableRecord, PersistableRecord {
    static let databaseTableName = "run"
}
