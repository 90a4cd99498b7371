import PenstockCore
import PenstockPlan
import Testing

@testable import PenstockStages

@Suite("Splitting tables")
struct SplitTablesTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Row groups of these numbers of rows.
    @discardableResult
    private func write(_ name: String, _ groups: [Int]) throws -> String {
        // A writer closes a row group after 128 MiB; the columns of one row here are a third of that and more.
        let schema = Schema([Field("n", .int64)])
        let writer = try TableFileWriter(
            folder(name),
            format: .parquet,
            schema: schema,
            rowGroupRows: groups.max() ?? 1
        )
        for count in groups { try writer.write(Block(["n": Column(int64: Array(repeating: 1, count: count))])) }
        try writer.finish()
        return folder(name)
    }

    private func runs(_ output: TransformOutput) throws -> [[Int]] {
        guard let block = output.blocks.first else { return [] }
        let (first, count, rows) = (
            try block.int32s("first_row_group"), try block.int32s("row_group_count"), try block.int64s("rows")
        )
        return (0..<block.rowCount).map { [Int(first[$0]), Int(count[$0]), Int(rows[$0])] }
    }

    private func paths(_ names: [String]) -> Block { Block(["path": Column(strings: names.map { folder($0) })]) }

    @Test("Each row group is a task, or neighbours are one up to the given bytes")
    func runsOfRowGroups() throws {
        try write("a", [100, 100, 100, 50])
        let alone = try SplitTablesTransform(runBytes: Bytes(1)).applied(to: paths(["a"]))
        #expect(try runs(alone) == [[0, 1, 100], [1, 1, 100], [2, 1, 100], [3, 1, 50]])
        let bytes = try #require(alone.blocks.first).int64s("bytes").array
        #expect(bytes.allSatisfy { $0 > 0 })
        let pairs = try SplitTablesTransform(runBytes: Bytes(Int(bytes[0] + bytes[1]))).applied(to: paths(["a"]))
        #expect(try runs(pairs) == [[0, 2, 200], [2, 2, 150]])
        #expect(try runs(SplitTablesTransform().applied(to: paths(["a"]))) == [[0, 4, 350]])
    }

    @Test("A limit stops once its rows are covered, and reads no further file")
    func limits() throws {
        try write("a", [10, 10])
        try write("b", [10])
        let split = SplitTablesTransform(runBytes: Bytes(1), rowLimit: 15)
        let output = try split.applied(to: paths(["a", "absent"]))
        #expect(output.isLast)
        #expect(try runs(output) == [[0, 1, 10], [1, 1, 10]])
        var state = try SplitTablesTransform(runBytes: Bytes(1), rowLimit: 25).makeState((), .test())
        let transform = SplitTablesTransform(runBytes: Bytes(1), rowLimit: 25)
        #expect(!(try transform.apply(Batch(paths(["a"])), &state).isLast))
        let second = try transform.apply(Batch(paths(["b", "absent"])), &state)
        #expect(second.isLast)
        #expect(try runs(second) == [[0, 1, 10]])
        #expect(try SplitTablesTransform(rowLimit: 0).applied(to: paths(["absent"])).isLast)
    }

    @Test("A shuffle keeps all tasks of a batch and is the same for the same seed")
    func shuffles() throws {
        try write("a", Array(repeating: 10, count: 20))
        let split = SplitTablesTransform(runBytes: Bytes(1), shuffleSeed: 5)
        let one = try runs(split.applied(to: paths(["a"])))
        #expect(one.map { $0[0] } != Array(0..<20))
        #expect(one.map { $0[0] }.sorted() == Array(0..<20))
        #expect(try runs(split.applied(to: paths(["a"]))) == one)
    }

    @Test("Files without rows give no task")
    func emptyFiles() throws {
        try write("a", [])
        #expect(try SplitTablesTransform().applied(to: paths(["a"])).blocks.isEmpty)
    }

    @Test("A file that cannot be read ends the run with its name, or becomes a failed row")
    func badFiles() throws {
        try write("a", [3])
        try folder.file("bad", text: "no table")
        let error = try stageError { _ = try SplitTablesTransform().applied(to: paths(["a", "bad", "gone"])) }
        #expect(error.message.contains(folder("bad")))
        let output = try SplitTablesTransform(skipsBadFiles: true).applied(to: paths(["bad", "a", "gone"]))
        #expect(output.failures.map(\.path) == [folder("bad"), folder("gone")])
        #expect(output.failures.map(\.code) == [.damagedData, .notFound])
        #expect(try runs(output) == [[0, 1, 3]])
    }
}
