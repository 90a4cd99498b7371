import Foundation
import Penstock
import Testing

@Suite("Command line: packed images", .serialized, .timeLimit(.minutes(10)))
struct PackTests {
    private let job: SmallJob

    init() throws { job = try SmallJob(images: 30) }

    private func penstock(_ arguments: String...) throws -> Program.Ending {
        try Program.run(arguments, in: job.folder)
    }

    private func classify(_ input: String, _ output: String, _ words: String...) throws -> RunReport {
        let arguments = ["classify", input, "--model", "tiny.onnx", "--precision", "f32", "--output", output]
        let ending = try Program.run(arguments + words, in: job.folder)
        #expect(ending.status == 0, "\(ending.error)")
        return try RunReport(contentsOf: job.folder(output))
    }

    private func rows(_ output: String) throws -> [String] {
        try writtenRows(job.folder(output)).map { "\($0.path) \($0.predictedClass) \($0.confidence)" }.sorted()
    }

    @Test("Packed images give the predictions and the quarantine of the files themselves")
    func samePredictions() throws {
        try job.folder.file("images/0007-bad.jpg", text: "<!DOCTYPE html>")
        try job.folder.file("images/empty.png", [])
        try job.folder.file("images/notes.csv", text: "left,out")
        let packed = try penstock("pack", "images", "--output", "packed", "--rows-per-file", "10")
        #expect(packed.status == 0, "\(packed.error)")
        #expect(packed.output.contains("First rows") && !packed.output.contains("predictions"), "\(packed.output)")
        #expect(try partNames(job.folder("packed")).count == 4)
        let plain = try classify("images", "a", "--max-bad-rows", "5")
        let again = try classify("packed", "b", "--max-bad-rows", "5")
        #expect((plain.rowsWritten, plain.rowsQuarantined) == (30, 2))
        #expect((again.rowsRead, again.rowsWritten, again.rowsQuarantined) == (32, 30, 2))
        #expect(try rows("a") == rows("b"))
        func quarantine(_ output: String) throws -> [String] {
            try Predictions.quarantined(in: job.folder(output), atMost: 10).flatMap { block in
                let (paths, stages, messages) = (
                    try block.strings("path"), try block.strings("stage"), try block.strings("message")
                )
                return (0..<block.rowCount).map {
                    "\(paths.string($0)) \(stages.string($0)) \(messages.string($0))"
                }
            }.sorted()
        }
        #expect(try quarantine("a") == quarantine("b"))
    }

    @Test("Order, limit and resuming work on packed images")
    func orderLimitResume() throws {
        #expect(try penstock("pack", "images", "--output", "packed").status == 0)
        let report = try classify("packed", "out", "--preserve-order", "--limit", "7")
        #expect(report.rowsWritten == 7)
        let paths = try writtenRows(job.folder("out")).map(\.path)
        #expect(paths == (0..<7).map { "images/000\($0).bmp" })
        let resumed = try classify("packed", "out", "--resume")
        #expect((resumed.rowsWritten, resumed.rowsSkipped) == (23, 7))
        #expect(try Set(writtenRows(job.folder("out")).map(\.path)).count == 30)
    }

    @Test("A folder is packed only if all its files are Parquet; --read decides otherwise; a pipeline file says packed")
    func detection() throws {
        #expect(try penstock("pack", "images", "--output", "packed", "--limit", "4").status == 0)
        #expect(try classify("packed/part-00000.parquet", "file").rowsWritten == 4)
        try job.folder.file(
            "p.yaml",
            text: """
                read: {packed: packed, limit: 3}
                predict: {model: tiny.onnx, precision: f32}
                write: {parquet: piped}
                """
        )
        #expect(try penstock("run", "p.yaml").status == 0)
        #expect(try RunReport(contentsOf: job.folder("piped")).rowsWritten == 3)
        let explained = try penstock("explain", "packed", "--model", "tiny.onnx", "--output", "x").output
        #expect(explained.contains("split") && explained.contains("decode"), "\(explained)")
        try FileManager.default.copyItem(atPath: job.folder("images/0000.bmp"), toPath: job.folder("packed/own.bmp"))
        #expect(try classify("packed", "mixed").rowsWritten == 1)
        #expect(try classify("packed", "said", "--read", "packed").rowsWritten == 4)
    }

    @Test("Packed images are found in folders below, whatever is hidden beside them or linked")
    func nestedDetection() throws {
        #expect(try penstock("pack", "images", "--output", "top/below/packed", "--limit", "4").status == 0)
        try job.folder.file("top/.hidden/photo.jpg", [])
        try job.folder.file("top/_thumbnails/photo.jpg", [])
        try job.folder.link("top/linked", to: job.folder("images"))
        #expect(try classify("top/below", "a").rowsWritten == 4)
        #expect(try classify("top", "b").rowsWritten == 4)
        try job.folder.file("top/below/deep/photo.jpg", [])
        let files = try classify("top", "c", "--max-bad-rows", "1")
        #expect((files.rowsWritten, files.rowsQuarantined) == (30, 1), "the linked photographs and the empty one")
    }

    @Test("Tables without images are refused with the columns that they lack, and wrong types with theirs")
    func otherTables() throws {
        #expect(try classify("images", "predictions").rowsWritten == 30)
        let ending = try penstock("classify", "predictions", "-m", "tiny.onnx", "-o", "out")
        #expect(ending.status == 1 && ending.error.contains("bytes"), "\(ending.error)")
    }
}
