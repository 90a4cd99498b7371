import Foundation
import Penstock
import Testing

@testable import PenstockCLI

@Suite("Command line: cost and remaining time", .serialized, .timeLimit(.minutes(10)))
struct CostTests {
    private func look(_ seconds: Double, _ rows: Int) -> RunSnapshot {
        var look = RunSnapshot()
        look.seconds = seconds
        look.rowsWritten = rows
        look.totalRows = 1400
        return look
    }

    @Test("The progress line has the time that remains with its band, and the cost so far and in the end")
    func progressLine() {
        var line = ProgressLine(rowsAre: .images, pricePerHour: 36)
        var text = ""
        for second in 1...10 { text = line.text(look(Double(second), second * 10 + second % 2), width: nil) }
        #expect(text.contains("ETA 2:10 ± 0:0"), "\(text)")
        #expect(text.contains("cost 0.100 of 1.40"), "\(text)")
        var plain = ProgressLine(rowsAre: .images)
        text = plain.text(look(2, 10), width: nil)
        #expect(text.contains("ETA 4:38") && !text.contains("±") && !text.contains("cost"), "\(text)")
    }

    @Test("Times and amounts are readable at any size")
    func formats() {
        #expect([0, 59.6, 130, 3725].map { Format.clock($0) } == ["0:00", "1:00", "2:10", "1:02:05"])
        #expect(
            [0, 3.2, 0.5, 0.0042, 1234.5].map { Format.price($0) } == ["0.00", "3.20", "0.500", "0.00420", "1234.50"]
        )
    }

    @Test("A price gives the cost in summary and report, by flag and in pipeline files; a bad one is refused")
    func prices() throws {
        let job = try SmallJob(images: 6)
        let classify = ["classify", "images", "--model", "tiny.onnx", "--precision", "f32", "--output"]
        let ending = try Program.run(classify + ["a", "--price-per-hour", "3.6"], in: job.folder)
        #expect(ending.status == 0, "\(ending.error)")
        #expect(
            ending.output.contains("  cost     0.00") && ending.output.contains("per 1,000 images, at 3.60 an hour")
        )
        let report = try RunReport(contentsOf: job.folder("a"))
        let cost = try #require(report.cost)
        #expect(cost == CostReport(pricePerHour: 3.6, seconds: report.wallSeconds, rows: 6))
        #expect(report.settings["price-per-hour"]?.origin == "flag")
        let free = try Program.run(classify + ["b"], in: job.folder)
        #expect(!free.output.contains("cost"))
        #expect(try RunReport(contentsOf: job.folder("b")).cost == nil)
        try job.folder.file(
            "p.yaml",
            text: """
                read: {images: images}
                predict: {model: tiny.onnx, precision: f32}
                write: {parquet: c, existing: overwrite}
                options: {price-per-hour: 2}
                """
        )
        #expect(try Program.run(["run", "p.yaml"], in: job.folder).status == 0)
        #expect(try RunReport(contentsOf: job.folder("c")).cost?.pricePerHour == 2)
        #expect(try Program.run(["run", "p.yaml", "--price-per-hour", "5"], in: job.folder).status == 0)
        #expect(try RunReport(contentsOf: job.folder("c")).cost?.pricePerHour == 5)
        let refused = try Program.run(classify + ["d", "--price-per-hour=-1"], in: job.folder)
        #expect(refused.status == 2 && refused.error.contains("--price-per-hour -1"), "\(refused.error)")
    }
}
