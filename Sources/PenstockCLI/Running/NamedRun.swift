import Foundation
import Penstock
import PenstockLedger

/// A run that somebody named: by its number in the ledger, its output folder, its report, or a saved baseline.
struct NamedRun {
    /// The largest report that is read.
    private static let mostBytes = 64 << 20

    /// The name, for people.
    let name: String
    /// Its number in the ledger, where it was named by that.
    let id: Int64?
    /// Its figures; of several runs for a saved baseline.
    let baseline: Baseline

    /// Finds what a word names.
    ///
    /// - Throws: `PlanError` or `StageError` that says what is not there.
    init(_ word: String) throws {
        if word == "latest" {
            guard let record = try RunHistory.ledger().runs(.one).first else {
                throw PlanError("the ledger has no run yet. Run a job first, or name an output folder.", isUsage: true)
            }
            try self.init(record)
        } else if let id = Int64(word) {
            guard let record = try RunHistory.ledger().run(id) else {
                throw PlanError("the ledger has no run \(id). See penstock runs.", isUsage: true)
            }
            try self.init(record)
        } else {
            self.init(name: word.withoutKeys, id: nil, try Self.read(word))
        }
    }

    /// A run of the ledger.
    init(_ record: RunRecord) throws {
        let name = "run \(record.id ?? 0)"
        self.init(name: name, id: record.id, try Baseline(Data(record.report.utf8), name: name))
    }

    /// Figures under a name.
    init(name: String, id: Int64? = nil, _ baseline: Baseline) {
        self.name = name
        self.id = id
        self.baseline = baseline
    }

    /// The report.
    var report: RunReport { baseline.report }

    /// The times of its runs and earlier ones of the same job, the latest first.
    ///
    /// - `lowest`: number of the first run that counts.
    func times(withEarlier count: Int, from lowest: Int64 = 0) throws -> [RunTime] {
        guard let id, lowest <= id, count > 1 else { return baseline.times }
        return try Self.times(like: report, in: lowest...id, atMost: count)
    }

    /// Times of the ledger's runs of a job.
    static func times(
        like report: RunReport,
        in range: ClosedRange<Int64>,
        atMost count: Int
    ) throws -> [RunTime] {
        let traits = JobTraits(report)
        let records = try RunHistory.ledger().runs(ofJob: traits.key, in: range, atMost: count)
        return try records.map { try NamedRun($0) }.filter { JobTraits($0.report).isOfSameSize(traits) }
            .flatMap(\.baseline.times)
    }

    private static func read(_ word: String) throws -> Baseline {
        var isFolder: ObjCBool = false
        if !word.contains("://"), FileManager.default.fileExists(atPath: word, isDirectory: &isFolder),
            !isFolder.boolValue
        {
            let size = try FileManager.default.attributesOfItem(atPath: word)[.size] as? Int ?? 0
            guard size <= mostBytes else {
                throw StageError(
                    .tooLarge,
                    "\(word) has \(Bytes(size)), which is no report: these have at most \(Bytes(mostBytes))."
                )
            }
            return try Baseline(Data(contentsOf: URL(filePath: word)), name: word)
        }
        let report = try RunReport(contentsOf: word)
        return Baseline(RunTime(report).map { [$0] } ?? [], report: report)
    }
}

extension RunLedger.Query {
    /// The latest run.
    static var one: RunLedger.Query {
        var query = RunLedger.Query()
        query.limit = 1
        return query
    }
}
