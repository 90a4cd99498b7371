import Foundation
import Penstock
import Testing

extension InterchangeTests {
    private struct LargeFile: Decodable {
        let path: String
        let rows: Int
        let values: Int
    }

    @Test("A column of more than 2^31 bytes in one row group is read piece by piece")
    func readsLargeColumns() async throws {
        let folder = try TemporaryFolder()
        let printed = try PythonEnvironment.run("write_large.py", [folder.path], in: folder)
        for file in try JSONDecoder().decode([LargeFile].self, from: printed) {
            #expect(file.values << 20 > 1 << 31)
            let measured = Dataset.readParquet(from: [file.path]).mapBatches { batch in
                let texts = try batch.block.strings("text")
                let isThere = batch.block["text"]?.validity
                let ends = (0..<texts.count).filter { isThere?[$0] ?? true }.map {
                    texts.value($0).withSpan(Self.isFull)
                }
                #expect(!ends.contains(false))
                return Block([
                    "values": Column(int64: [Int64(ends.count)]), "rows": Column(int64: [Int64(texts.count)]),
                ])
            }
            let blocks = try await measured.takeAll().blocks
            #expect(try blocks.flatMap { try $0.int64s("values").array }.reduce(0, +) == Int64(file.values), "\(file)")
            #expect(try blocks.flatMap { try $0.int64s("rows").array }.reduce(0, +) == Int64(file.rows), "\(file)")
            #expect(blocks.count > 2, "\(file.path) came in \(blocks.count) pieces")
        }
    }

    @Test("Columns of more than 2^31 bytes are written so that others can read them")
    func writesLargeColumns() async throws {
        let folder = try TemporaryFolder()
        let texts = Column(strings: Array(repeating: String(repeating: "x", count: 1 << 20), count: 50))
        let dataset = Dataset.range(2200, overrideBlockCount: 44).mapBatches(batchSize: 50) { batch in
            Block(["text": texts.slice(0..<batch.rowCount)])
        }
        let report = try await dataset.writeParquet(to: folder("out"), rowsPerFile: 2200)
        #expect(report.bytesHeldAtEnd == 0)
        let printed = try PythonEnvironment.run("read_large.py", [folder("out")], in: folder)
        let found = try JSONDecoder().decode([[Int]].self, from: printed)
        #expect(found == [[2200, 2200, 2200 << 20], [2200, 2200, 2200 << 20]])
    }

    private static func isFull(_ bytes: Span<UInt8>) -> Bool {
        bytes.count == 1 << 20 && bytes[0] == UInt8(ascii: "x") && bytes[bytes.count - 1] == UInt8(ascii: "x")
    }
}
