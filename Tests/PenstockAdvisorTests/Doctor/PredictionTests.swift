import Foundation
import PenstockCore
import Testing

@testable import PenstockAdvisor

@Suite("How good predictions were")
struct PredictionTests {
    private func record(_ rule: String, _ gain: GainReport, measured: Double) -> PredictionRecord {
        var finding = FindingReport(id: rule, severity: .warning, title: "", advice: "", page: "")
        finding.changes = ["batch-size": "auto"]
        var pairs = PairedComparison()
        for _ in 0..<3 { pairs.add(before: 100, after: 100 * measured) }
        return PredictionRecord(finding, gain, pairs, rows: 64, cores: 2, version: "0")
    }

    @Test("Accuracy counts each rule, and all of them")
    func table() {
        let gain = GainReport(low: 1.1, likely: 1.2, high: 1.3)
        let table = PredictionAccuracy.table([
            record("PS006", gain, measured: 1.2), record("PS004", gain, measured: 1.5),
            record("PS004", gain, measured: 1.25),
        ])
        #expect(table.map(\.rule) == ["PS004", "PS006", "all"])
        #expect(table.map(\.count) == [2, 1, 3])
        #expect(table[0].insideShare == 0.5)
        #expect(table[1].medianError < 1e-9)
        #expect(PredictionAccuracy.table([]).isEmpty)
    }

    @Test("A record comes back from JSON as it was")
    func coding() throws {
        let old = record("PS004", GainReport(low: 1, likely: 2, high: 3), measured: 2)
        let json = try JSONEncoder().encode(old)
        #expect(try JSONDecoder().decode(PredictionRecord.self, from: json) == old)
    }

    @Test("Every rule has an id of its own and a page")
    func rules() {
        let ids = Doctor.rules.map(\.id)
        #expect(Set(ids).count == ids.count && ids == ids.sorted())
        #expect(ids.allSatisfy { $0.count == 5 && $0.hasPrefix("PS") })
    }
}
