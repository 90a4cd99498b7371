import Penstock
import Synchronization
import Testing

@Suite("Sources of tables, texts, files and images")
struct TableSourcesTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func numbers(_ count: Int) -> Dataset {
        Dataset.range(count).map(schema: [Field("id", .int64), Field("name", .string), Field("half", .float64)]) {
            row,
            out in
            let id = try row.int("id")
            out.set("id", id)
            out.set("name", "n\(id)")
            out.set("half", Double(id) / 2)
        }
    }

    @Test("What was written as Parquet, CSV or JSON lines is read back equal, with schema and column choice")
    func roundTrips() async throws {
        let written = try await numbers(1_000).takeAll()
        for format in OutputFormat.allCases {
            let out = folder("out-\(format.rawValue)")
            try await numbers(1_000).write(WriteTable(directory: out, format: format))
            let dataset = read(format, out)
            let rows = try await dataset.takeAll()
            #expect(rows.map(\.description) == written.map(\.description), "\(format)")
            #expect(try await dataset.schema()?.fields.map(\.name) == ["id", "name", "half"])
            let chosen = try await dataset.selectColumns(["half", "id"]).take(2)
            #expect(chosen.map(\.description) == ["{half: 0.0, id: 0}", "{half: 0.5, id: 1}"])
            #expect(try await dataset.limit(7).count() == 7)
            #expect(try await dataset.count() == 1_000)
        }
    }

    private func read(_ format: OutputFormat, _ path: String) -> Dataset {
        switch format {
        case .parquet: .readParquet(from: [path])
        case .csv: .readCSV(from: [path])
        case .jsonl: .readJSON(from: [path])
        }
    }

    @Test("A choice of columns goes into the file, and explain says so")
    func projection() throws {
        let text = try Dataset.readParquet(from: ["t.parquet"]).selectColumns(["a", "b"]).explain()
        #expect(text.contains("projection push-down: only a, b are read"))
        #expect(text.contains("ReadParquet[t.parquet]"))
        let unknown = try Dataset.readParquet(from: ["t.parquet"]).filter { _ in true }.selectColumns(["a"]).explain()
        #expect(!unknown.contains("projection push-down"))
    }

    @Test("An unknown column is refused with what there is and what was perhaps meant")
    func unknownColumn() async throws {
        try await numbers(10).writeParquet(to: folder("out"))
        let error = try await #require(throws: RunError.self) {
            _ = try await Dataset.readParquet(from: [folder("out")], columns: ["nmae"]).takeAll()
        }
        #expect(error.description.contains("nmae"))
        #expect(error.description.contains("\"name\""))
    }

    @Test("The number of rows of Parquet comes from footers, without reading a row")
    func countFromMetadata() async throws {
        try await numbers(1_000).writeParquet(to: folder("out"), rowsPerFile: 100)
        let parts = try Predictions(in: folder("out")).partCount
        #expect(parts == 10)
        let calls = Mutex(0)
        let dataset = Dataset.readParquet(from: [folder("out")]).map { row, out in
            calls.withLock { $0 += 1 }
            out.set("id", try row.int("id"))
        }
        #expect(try await dataset.count() == 1_000)
        #expect(calls.withLock { $0 } == 0)
        #expect(try await dataset.filter { try $0.int("id") < 10 }.count() == 10)
        #expect(calls.withLock { $0 } == 1_000)
    }

    @Test("Lines of text and whole files are rows, with their paths where asked")
    func textsAndFiles() async throws {
        _ = try folder.file("a.txt", text: "one\n\ntwo\r\n")
        _ = try folder.file("b.txt", text: "three")
        let lines = try await Dataset.readText(from: [folder.path]).take()
        #expect(try lines.map { try $0.string("text") } == ["one", "two", "three"])
        let files = try await Dataset.readBinaryFiles(from: [folder.path]).takeAll()
        #expect(try files.map { try $0.bytes("bytes").count } == [10, 5])
        #expect(try await Dataset.readBinaryFiles(from: [folder.path]).count() == 2)
        let size = try await Dataset.readBinaryFiles(from: [folder.path]).sizeBytes()
        #expect(size.bytes == Bytes(15) && size.isEstimate)
    }

    @Test("Images without a classifier are tensors of a size, or pixels of their own size")
    func images() async throws {
        let job = try SmallJob(images: 4)
        let sized = Dataset.readImages(from: job.images, size: ImageSize(height: 8, width: 12))
        let rows = try await sized.takeAll()
        #expect(rows.count == 4)
        #expect(rows.schema?.fields.map(\.type) == [.string, .tensorUInt8([8, 12, 3])])
        #expect(try await sized.schema() == rows.schema)
        let free = try await Dataset.readImages(from: job.images, mode: .gray, includePaths: false).take(1)
        let row = try #require(free.first)
        #expect(try row.bytes("image").count == row.int("height") * row.int("width"))
    }

    @Test("Sources of equal columns are joined by union, others refused")
    func unions() async throws {
        try await numbers(10).writeParquet(to: folder("a"))
        try await numbers(5).writeParquet(to: folder("b"))
        let both = Dataset.readParquet(from: [folder("a")]).union(.readParquet(from: [folder("b")]))
        #expect(try await both.count() == 15)
        #expect(try await both.takeAll().map { try $0.int("id") } == Array(0..<10) + Array(0..<5))
        let odd = Dataset.readParquet(from: [folder("a")]).union(.range(3))
        let error = try await #require(throws: RunError.self) { _ = try await odd.takeAll() }
        #expect(error.description.contains("the sources of a union have different columns"))
    }

    @Test("Rows go into folders by the value of a column")
    func partitions() async throws {
        try await Dataset.range(10).map { row, out in
            out.set("id", try row.int("id"))
            out.set("kind", try row.int("id") % 2 == 0 ? "even" : "odd")
        }.writeParquet(to: folder("out"), partitionBy: ["kind"])
        let even = try await Dataset.readParquet(from: [folder("out/kind=even")]).takeAll()
        #expect(try even.map { try $0.int("id") }.sorted() == [0, 2, 4, 6, 8])
    }
}
