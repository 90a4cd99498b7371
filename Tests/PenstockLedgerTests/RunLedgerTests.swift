import Foundation
import GRDB
import PenstockCore
import Testing

@testable import PenstockLedger

@Suite("Ledger of runs")
struct RunLedgerTests {
    private let folder = DataFolder()

    @Test("What was added is found again, also by another opening of the file")
    func roundTrip() throws {
        var added = try record(report())
        added.id = try RunLedger(folder: folder.path).add(added)
        #expect(added.id == 1)
        let found = try #require(try RunLedger(folder: folder.path).run(1))
        #expect(found == added)
        #expect(found.rate == 100 && found.rows == 1000 && found.limit == "model" && found.outcome == "done")
        #expect(try Baseline(Data(found.report.utf8), name: "").report.stages == report().stages)
        #expect(try RunLedger(folder: folder.path).run(2) == nil)
    }

    @Test("Runs come latest first, limited, and chosen by model name or hash; wildcards mean themselves")
    func listing() throws {
        let ledger = try RunLedger(folder: folder.path)
        for number in 0..<5 {
            var report = report(rate: Double(number + 1))
            report.model?.path = number == 3 ? "a/100%_net.onnx" : "a/other.onnx"
            report.model?.hash = number == 1 ? "ffff" : "eeee"
            try ledger.add(record(report))
        }
        var query = RunLedger.Query()
        query.limit = 3
        #expect(try ledger.runs(query).map(\.id) == [5, 4, 3])
        for (model, ids) in [("100%_n", [4]), ("%", [4]), ("other", [5, 3, 2, 1]), ("fff", [2]), ("nothing", [])] {
            query = RunLedger.Query()
            query.model = model
            #expect(try ledger.runs(query).map(\.id) == ids.map { Int64($0) }, "\(model)")
        }
    }

    @Test(
        "Runs of the same job are told from others by settings, model, machine and rows, and only those that are done"
    )
    func sameJob() throws {
        let ledger = try RunLedger(folder: folder.path)
        var others = [
            report(settings: ["batch-size": "8", "precision": "bf16"]), report(), report(), report(), report(),
        ]
        others[1].model?.hash = "other"
        others[2].machine?.cores = 3
        others[3].rowsRead = 999
        others[4].outcome = .interrupted
        for other in others { try ledger.add(record(other)) }
        var first = report(rate: 90)
        first.settings["existing-output"] = SettingReport(value: "overwrite", origin: "flag", reason: "")
        try ledger.add(record(first))
        try ledger.add(record(report(rate: 91)))
        let key = JobTraits(report()).key
        #expect(try ledger.runs(ofJob: key, in: 0...100, atMost: 10).map(\.rate) == [91, 90])
        #expect(try ledger.runs(ofJob: key, in: 0...6, atMost: 10).map(\.rate) == [90])
        #expect(try ledger.runs(ofJob: key, in: 0...100, atMost: 1).map(\.rate) == [91])
    }

    @Test("Runs are forgotten one by one, or up to a date")
    func forgetting() throws {
        let ledger = try RunLedger(folder: folder.path)
        for day in 0..<4 { try ledger.add(record(report(), date: Date(timeIntervalSince1970: Double(day) * 86400))) }
        #expect(try ledger.forget(2))
        #expect(try !ledger.forget(2))
        #expect(try ledger.forget(before: Date(timeIntervalSince1970: 2 * 86400)) == 1)
        #expect(try ledger.runs().map(\.id) == [4, 3])
        #expect(try ledger.add(record(report())) == 5, "numbers are not used again")
    }

    @Test("Many openings at once lose no run")
    func concurrency() async throws {
        let path = folder.path
        try await withThrowingTaskGroup { group in
            for number in 0..<16 {
                group.addTask {
                    let ledger = try RunLedger(folder: path)
                    for _ in 0..<5 { try ledger.add(record(report(rate: Double(number + 1)))) }
                }
            }
            try await group.waitForAll()
        }
        var query = RunLedger.Query()
        query.limit = 1000
        let runs = try RunLedger(folder: path).runs(query)
        #expect(runs.count == 80)
        #expect(Dictionary(grouping: runs, by: \.rate).allSatisfy { $0.value.count == 5 })
    }

    @Test("A file that is no database is named, with what to do, and stays as it is")
    func damaged() throws {
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        let bytes = Data((0..<8192).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        try bytes.write(to: URL(filePath: folder.database))
        let error = try #require(throws: StageError.self) { try RunLedger(folder: folder.path) }
        #expect(error.code == .damagedData)
        #expect(error.message.contains(folder.database) && error.message.contains("Move it away"))
        #expect(try Data(contentsOf: URL(filePath: folder.database)) == bytes)
    }

    @Test("A database whose pages were overwritten is told as damaged")
    func overwrittenPages() throws {
        do {
            let ledger = try RunLedger(folder: folder.path)
            for _ in 0..<20 { try ledger.add(record(report())) }
            let queue = try DatabaseQueue(path: folder.database)
            try queue.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
            try queue.close()
        }
        var data = try Data(contentsOf: URL(filePath: folder.database))
        for index in 4096..<data.count { data[index] = 0xA5 }
        try data.write(to: URL(filePath: folder.database))
        let error = try #require(throws: StageError.self) { try RunLedger(folder: folder.path).runs() }
        #expect(error.code == .damagedData, "\(error)")
    }

    @Test("A ledger of a newer version is not touched")
    func newer() throws {
        _ = try RunLedger(folder: folder.path)
        let queue = try DatabaseQueue(path: folder.database)
        try queue.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('999: later')") }
        try queue.close()
        let error = try #require(throws: StageError.self) { try RunLedger(folder: folder.path) }
        #expect(error.code == .unsupportedFormat)
        #expect(error.message.contains("newer version") && error.message.contains("PENSTOCK_DATA"))
    }

    @Test("A folder that cannot be made is told")
    func noFolder() throws {
        try Data().write(to: URL(filePath: folder.path))
        let error = try #require(throws: StageError.self) { try RunLedger(folder: folder.path) }
        #expect(error.code == .inputOutput && error.message.contains(folder.path))
    }
}
