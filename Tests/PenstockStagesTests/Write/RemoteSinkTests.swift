import PenstockCore
import PenstockPlan
import Testing

@testable import PenstockStages

@Suite("Writing to a store", .tags(.native), .serialized, .enabled(if: StoreServer.isPresent, StoreServer.reason))
struct RemoteSinkTests {
    /// Rows that no compression makes small: 24 MiB, so that an upload in parts is begun before the part is complete.
    private let block: Block = {
        var random = SeededNumbers(seed: 3)
        return Block(["n": Column(int64: (0..<3_145_728).map { _ in Int64(bitPattern: random.next()) })])
    }()

    private func names(_ folder: OutputFolder) throws -> [String] { try #require(folder.remote).names() }

    @Test("An upload that is under way when the sink gives up is aborted, and nothing appears")
    func abortedUploads() throws {
        // A server of its own: other suites upload to the shared one meanwhile.
        let server = try LoopbackServer("store_server.py", [])
        let location = try StoreServer.location("private/aborted", port: server.port)
        let folder = OutputFolder(location, format: .csv)
        try folder.prepare(.refuse)
        let sink = TableSink(folder, partBytes: .gibibytes(1)) { [] }
        var writer = try sink.open(.test())
        try sink.write(block, failures: [], to: &writer)
        #expect(try server.faultCount == 1)
        sink.abort(&writer)
        #expect(try server.faultCount == 0)
        #expect(try names(folder) == ["_penstock/run.json"])
    }

    @Test("A part that was uploaded in parts is complete, and a folder whose run is not over is refused")
    func committedUploads() throws {
        let location = try StoreServer.location("private/committed")
        let folder = OutputFolder(location, format: .csv)
        try folder.prepare(.refuse)
        #expect(throws: PlanError.self) { try folder.prepare(.refuse) }
        let sink = TableSink(folder, partBytes: .gibibytes(1)) { [] }
        var writer = try sink.open(.test())
        try sink.write(block, failures: [], to: &writer)
        #expect(try sink.commit(&writer).rowCount == block.rowCount)
        #expect(
            try names(folder) == ["_penstock/commits/part-00000.json", "_penstock/run.json", "part-00000.csv"]
        )
        let reader = try folder.table(try #require(try folder.parts().first), format: .csv)
        var rows = 0
        while let piece = try reader.next() { rows += piece.rowCount }
        #expect(rows == block.rowCount)
    }
}
