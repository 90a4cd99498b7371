import Penstock

/// A source: the words of a sentence, over and over, a sentence a block.
struct Sentences: BlockSource {
    struct Cursor { var next = 0 }

    let sentence: String
    let count: Int
    let name = "sentences"

    func start(_ context: StageContext) throws(StageError) -> Cursor { Cursor() }

    func next(_ cursor: inout Cursor) throws(StageError) -> Block? {
        guard cursor.next < count else { return nil }
        defer { cursor.next += 1 }
        let words = sentence.split(separator: " ").map(String.init)
        return try Block(columns: [
            "sentence": Column(int64: words.map { _ in Int64(cursor.next) }), "word": Column(strings: words),
        ])
    }
}

/// A transform with a state: how often each worker has seen a word.
struct Occurrences: BatchTransform {
    struct State { var seen: [String: Int64] = [:] }

    let name = "occurrences"

    func makeState(_ shared: Void, _ context: StageContext) throws(StageError) -> State { State() }

    func apply(_ batch: Batch, _ state: inout State) throws(StageError) -> TransformOutput {
        var numbers: [Int64] = []
        for row in batch.block.rows {
            let word = try row.string("word")
            state.seen[word, default: 0] += 1
            numbers.append(state.seen[word] ?? 0)
        }
        return TransformOutput([try batch.block.adding("occurrence", Column(int64: numbers))])
    }

    func outputBytes(for block: Block) -> Bytes { block.byteCount + Bytes(block.rowCount * 8) }
}

/// A sink: the most often that a word occurred, printed when all rows are there.
struct Tally: BlockSink {
    struct Writer {
        var most: [String: Int] = [:]
        var rows = 0
    }

    let name = "tally"

    func open(_ context: StageContext) throws(StageError) -> Writer { Writer() }

    func write(_ block: Block?, failures: [RowFailure], to writer: inout Writer) throws(StageError) {
        guard let block else { return }
        writer.rows += block.rowCount
        for row in block.rows {
            let word = try row.string("word")
            writer.most[word] = max(writer.most[word] ?? 0, try row.int("occurrence"))
        }
    }

    func commit(_ writer: inout Writer) throws(StageError) -> SinkSummary {
        for (word, count) in writer.most.sorted(by: { $0.key < $1.key }) { print("\(word): \(count)") }
        return SinkSummary(rowCount: writer.rows)
    }

    func abort(_ writer: inout Writer) {}
}
