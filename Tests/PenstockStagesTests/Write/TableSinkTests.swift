import Foundation
import PenstockCore
import PenstockPlan
import Testing

@testable import PenstockStages

@Suite("Table sink")
struct TableSinkTests {
    private let folder: TemporaryFolder
    private let clock = StandingClock()
    private let output: OutputFolder

    init() throws {
        folder = try TemporaryFolder()
        output = OutputFolder(folder("out"), format: .parquet)
        try output.prepare(.refuse)
    }

    private func sink(partBytes: Bytes = .mebibytes(1)) -> TableSink {
        TableSink(output, partBytes: partBytes) { [("penstock.version", "1.2.3"), ("penstock.model_hash", "abc")] }
    }

    private func rows(_ range: Range<Int>) -> Block {
        Block([
            "path": Column(strings: range.map { "\($0).jpg" }),
            "predicted_class": Column(int32: range.map { Int32($0) }),
        ])
    }

    private func failures(_ names: String...) -> [RowFailure] {
        names.map { RowFailure(path: $0, stage: "decode", error: StageError(.damagedData, "cut short"), attempts: 2) }
    }

    /// Names of committed parts.
    private func parts() throws -> [String] {
        try output.parts().map { URL(filePath: $0).lastPathComponent }
    }

    private func paths() throws -> [String] {
        try output.parts().flatMap { try tableRows($0)?.strings("path").texts ?? [] }
    }

    @Test("Rows have a temporary name until they are committed, and then a part")
    func rowsAppearWithTheCommit() throws {
        var writer = try sink().open(.test(clock))
        try sink().write(rows(0..<3), failures: [], to: &writer)
        #expect(try parts().isEmpty)
        #expect(try folder.entries("out").contains("_penstock/tmp/part-00000.parquet"))
        try sink().write(rows(3..<5), failures: [], to: &writer)
        let summary = try sink().commit(&writer)
        #expect(try folder.entries("out") == ["_penstock", "_penstock/commits.jsonl", "part-00000.parquet"])
        #expect(try paths() == (0..<5).map { "\($0).jpg" })
        #expect(summary.rowCount == 5)
        #expect(summary.parts == [folder("out/part-00000.parquet")])
        let size = try FileManager.default.attributesOfItem(atPath: folder("out/part-00000.parquet"))[.size] as? Int
        #expect(summary.bytes.count == size)
    }

    @Test("A part carries version and hashes in its metadata; quarantine too")
    func partsCarryMetadata() throws {
        var writer = try sink().open(.test(clock))
        try sink().write(rows(0..<1), failures: failures("x"), to: &writer)
        _ = try sink().commit(&writer)
        for file in try output.parts() + output.quarantineParts() {
            let bytes = try Data(contentsOf: URL(filePath: file))
            for text in ["penstock.version", "1.2.3", "penstock.model_hash", "abc"] {
                #expect(bytes.range(of: Data(text.utf8)) != nil, "\(text) in \(file)")
            }
        }
    }

    @Test("Parts are closed by size, and every row is in one of them")
    func partsRollBySize() throws {
        let sink = sink(partBytes: Bytes(1))
        var writer = try sink.open(.test(clock))
        for index in 0..<4 { try sink.write(rows(index..<index + 1), failures: [], to: &writer) }
        #expect(try parts() == (0..<4).map { "part-0000\($0).parquet" })
        let summary = try sink.commit(&writer)
        #expect(summary.rowCount == 4)
        #expect(summary.parts.count == 4)
        #expect(try paths() == (0..<4).map { "\($0).jpg" })
    }

    @Test("Parts are closed ten seconds after their first row, and not before")
    func partsRollByTime() throws {
        var writer = try sink().open(.test(clock))
        try sink().write(rows(0..<1), failures: [], to: &writer)
        clock.advance(seconds: 9.9)
        try sink().write(rows(1..<2), failures: [], to: &writer)
        #expect(try parts().isEmpty)
        clock.advance(seconds: 0.1)
        try sink().write(rows(2..<3), failures: [], to: &writer)
        #expect(try parts() == ["part-00000.parquet"])
        #expect(try paths().count == 3)
        clock.advance(seconds: 9.9)
        try sink().write(rows(3..<4), failures: [], to: &writer)
        #expect(try parts().count == 1, "the next part's time begins with its own first row")
        _ = try sink().commit(&writer)
    }

    @Test("In a long run parts are closed after a twentieth of its time, so that their number stays small")
    func laterPartsAreLonger() throws {
        var writer = try sink().open(.test(clock))
        clock.advance(seconds: 1000)
        try sink().write(rows(0..<1), failures: [], to: &writer)
        clock.advance(seconds: 50)
        try sink().write(rows(1..<2), failures: [], to: &writer)
        #expect(try parts().isEmpty, "a twentieth of 1050 s is 52.5 s")
        clock.advance(seconds: 3)
        try sink().write(rows(2..<3), failures: [], to: &writer)
        #expect(try parts().count == 1)
        _ = try sink().commit(&writer)
    }

    @Test("Rows in quarantine are due by time, too")
    func quarantineRollsByTime() throws {
        var writer = try sink().open(.test(clock))
        try sink().write(nil, failures: failures("a"), to: &writer)
        #expect(try output.quarantineParts().isEmpty)
        clock.advance(seconds: 10)
        try sink().write(nil, failures: failures("b"), to: &writer)
        #expect(try output.quarantineParts().count == 1)
        _ = try sink().commit(&writer)
        #expect(try parts().isEmpty)
    }

    @Test("Failed rows are in quarantine with stage, kind, message and attempts")
    func failedRowsAreQuarantined() throws {
        var writer = try sink().open(.test(clock))
        try sink().write(rows(0..<2), failures: failures("bad \"1\".jpg"), to: &writer)
        try sink().write(nil, failures: failures("bad2.jpg", "é"), to: &writer)
        let summary = try sink().commit(&writer)
        #expect(summary.rowCount == 2)
        let file = try #require(try output.quarantineParts().first)
        let block = try #require(try tableRows(file))
        #expect(try block.strings("path").texts == ["bad \"1\".jpg", "bad2.jpg", "é"])
        #expect(block.cells["stage"] == Array(repeating: "'decode'", count: 3))
        #expect(block.cells["error"] == Array(repeating: "'damagedData'", count: 3))
        #expect(block.cells["message"] == Array(repeating: "'cut short'", count: 3))
        #expect(block.cells["attempts"] == ["2", "2", "2"])
    }

    @Test("Each commit is a line of commits.jsonl")
    func commitsAreLogged() throws {
        let sink = sink(partBytes: Bytes(1))
        var writer = try sink.open(.test(clock))
        try sink.write(rows(0..<2), failures: failures("a"), to: &writer)
        try sink.write(nil, failures: failures("b", "c"), to: &writer)
        _ = try sink.commit(&writer)
        let lines = try String(contentsOfFile: output.commits, encoding: .utf8).split(separator: "\n")
        #expect(
            lines == [
                "{\"part\":\"part-00000.parquet\",\"rows\":2,\"quarantined\":1}",
                "{\"part\":null,\"rows\":0,\"quarantined\":2}",
            ]
        )
    }

    @Test("A run without rows writes no part and leaves no temporary folder")
    func emptyRuns() throws {
        var writer = try sink().open(.test(clock))
        try sink().write(rows(0..<0), failures: [], to: &writer)
        #expect(try sink().commit(&writer) == SinkSummary())
        #expect(try folder.entries("out") == ["_penstock"])
    }

    @Test("Aborting leaves what is committed and nothing else")
    func abortLeavesNothing() throws {
        let sink = sink()
        var writer = try sink.open(.test(clock))
        try sink.write(rows(0..<1), failures: [], to: &writer)
        clock.advance(seconds: 11)
        try sink.write(rows(1..<2), failures: [], to: &writer)
        try sink.write(rows(2..<3), failures: failures("x"), to: &writer)
        sink.abort(&writer)
        #expect(try paths() == ["0.jpg", "1.jpg"])
        #expect(try folder.entries("out") == ["_penstock", "_penstock/commits.jsonl", "part-00000.parquet"])
    }

    @Test("A part that cannot get its name is an error, and aborting then leaves no temporary file")
    func partsThatCannotGetTheirName() throws {
        var writer = try sink().open(.test(clock))
        try sink().write(rows(0..<1), failures: [], to: &writer)
        try folder.file("out/part-00000.parquet/in-the-way")
        let error = try stageError { _ = try sink().commit(&writer) }
        #expect(error.code == .inputOutput)
        #expect(error.message.contains("cannot move"))
        sink().abort(&writer)
        #expect(!folder.exists("out/_penstock/tmp"))
    }

    @Test("Numbers go on after those of an earlier run, gaps left alone")
    func numbersGoOn() throws {
        for (first, expected) in [(0, ["part-00000.parquet"]), (1, ["part-00000.parquet", "part-00001.parquet"])] {
            var writer = try sink().open(.test(clock))
            try sink().write(rows(first..<first + 1), failures: failures("x\(first)"), to: &writer)
            _ = try sink().commit(&writer)
            #expect(try parts() == expected)
            #expect(try output.quarantineParts().count == expected.count)
        }
        try FileManager.default.moveItem(
            atPath: folder("out/part-00001.parquet"),
            toPath: folder("out/part-00041.parquet")
        )
        var writer = try sink().open(.test(clock))
        try sink().write(rows(9..<10), failures: [], to: &writer)
        _ = try sink().commit(&writer)
        #expect(try parts() == ["part-00000.parquet", "part-00041.parquet", "part-00042.parquet"])
    }
}

@Suite("Resuming")
struct SkipWrittenTests {
    @Test(
        "Paths that are written or in quarantine are left out as often as they were written",
        arguments: OutputFormat.allCases
    )
    func writtenPathsAreLeftOut(format: OutputFormat) throws {
        let folder = try TemporaryFolder()
        let output = OutputFolder(folder("out"), format: format)
        try output.prepare(.refuse)
        let sink = TableSink(output, partBytes: Bytes(1)) { [] }
        var writer = try sink.open(.test())
        let failure = RowFailure(path: "bad", stage: "read", error: StageError(.notFound, "gone"))
        try sink.write(Block(["path": Column(strings: ["a", "b", "b"])]), failures: [failure], to: &writer)
        try sink.write(Block(["path": Column(strings: ["c,\"é\""])]), failures: [], to: &writer)
        _ = try sink.commit(&writer)

        let listed = ["b", "x", "a", "bad", "b", "c,\"é\"", "b", "bad"]
        let sizes = Column(int64: listed.indices.map { Int64($0) })
        let result = try SkipWrittenTransform(output).applied(
            to: Block(["path": Column(strings: listed), "size": sizes])
        )
        #expect(result.skippedRowCount == 5)
        let kept = try #require(result.blocks.first)
        #expect(try kept.strings("path").texts == ["x", "b", "bad"])
        #expect(try kept.int64s("size").array == [1, 6, 7])
    }
}
