package import PenstockCore
package import PenstockPlan

/// Reads texts: `path` → `text: string`, a row a line, with `path: string` if it is wanted.
///
/// Lines end in LF or CR LF, the last one may have no end; a byte order mark at the beginning of a file is left out. A line
/// that is not UTF-8, or longer than `lineLimit`, becomes a failed row that names its number, and so does a file that
/// cannot be read.
package struct ReadTextTransform: BatchTransform {
    package let name = "read"
    private let description: ReadText
    private let pieceBytes: Int
    private let lineLimit: Int
    private let retries: Int
    private let files: StoreAccess

    /// Blocks have at most `pieceBytes` of text, or one line that is longer.
    package init(
        _ description: ReadText,
        pieceBytes: Bytes = .mebibytes(8),
        lineLimit: Bytes = .mebibytes(64),
        retries: Int = 3,
        files: StoreAccess = StoreAccess()
    ) {
        self.description = description
        self.pieceBytes = max(pieceBytes.count, 1)
        self.lineLimit = min(lineLimit.count, 1 << 30)
        self.retries = retries
        self.files = files
    }

    package struct State {
        /// Files still to be read, last first.
        var paths: [String] = []
        var file: LineReader?
    }

    package func makeState(_ shared: Void, _ context: StageContext) throws(StageError) -> State {
        files.follow(context)
        return State()
    }

    package func apply(_ batch: Batch, _ state: inout State) throws(StageError) -> TransformOutput {
        let paths = try batch.block.strings("path")
        state.paths = (0..<paths.count).reversed().map { paths.string($0) }
        return try proceed(&state)
    }

    package func proceed(_ state: inout State) throws(StageError) -> TransformOutput {
        var output = TransformOutput([])
        var piece = TextPiece()
        while piece.bytes < pieceBytes {
            if state.file == nil, try !openNext(&state, &output) { break }
            guard let file = state.file else { break }
            let retriesBefore = file.retryCount
            defer { output.retryCount += file.retryCount - retriesBefore }
            do throws(StageError) {
                try fill(&piece, from: file, &output)
                if file.isAtEnd { state.file = nil }
            } catch {
                if error.code == .cancelled { throw error }
                output.failures.append(RowFailure(path: file.path, stage: name, error: error, attempts: file.attempts))
                state.file = nil
            }
        }
        output.hasMore = state.file != nil || !state.paths.isEmpty
        if let block = try piece.block(includePaths: description.includePaths, stage: name, &output.failures) {
            output.blocks = [block]
        }
        return output
    }

    package func outputBytes(for block: Block) -> Bytes {
        let piece = Bytes(pieceBytes * 2)
        guard case .int64(let sizes)? = block["size"]?.values else { return piece }
        // A line takes four bytes beside its text, and no fewer than two in the file.
        return min(piece, Bytes(sizes.array.reduce(1024) { $0 + Int(min(max($1, 0), Int64(pieceBytes))) * 3 }))
    }

    private func openNext(_ state: inout State, _ output: inout TransformOutput) throws(StageError) -> Bool {
        while let path = state.paths.popLast() {
            do throws(StageError) {
                state.file = LineReader(try OpenFile(path, files: files), lineLimit: lineLimit, retries: retries)
                return true
            } catch {
                if error.code == .cancelled { throw error }
                output.failures.append(RowFailure(path: path, stage: name, error: error))
            }
        }
        return false
    }

    /// Lines until the piece is full or the file ends.
    private func fill(
        _ piece: inout TextPiece,
        from file: LineReader,
        _ output: inout TransformOutput
    ) throws(StageError) {
        let pathBytes = description.includePaths ? file.path.utf8.count + 4 : 0
        while piece.bytes < pieceBytes, let line = try file.next() {
            guard let text = line.text else {
                let error = StageError(
                    .tooLarge,
                    "line \(line.number) is longer than \(Bytes(lineLimit)), the limit for a line."
                )
                output.failures.append(RowFailure(path: file.path, stage: name, error: error))
                continue
            }
            if description.dropsEmptyLines, text.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { continue }
            try piece.append(text, number: line.number, path: file.path, extra: pathBytes)
        }
    }
}

/// Lines that become a block.
private struct TextPiece {
    private var texts = TextColumn(rows: 0)
    private var numbers: [Int] = []
    /// Files, and the first row that is of each.
    private var files: [(path: String, first: Int)] = []
    /// What the block will take.
    private(set) var bytes = 0

    mutating func append(_ text: ArraySlice<UInt8>, number: Int, path: String, extra: Int) throws(StageError) {
        if files.last?.path != path { files.append((path, texts.count)) }
        texts.append(text)
        try texts.endRow()
        numbers.append(number)
        bytes += text.count + 4 + extra
    }

    /// The lines, without those that are no text; nil when none are left.
    consuming func block(
        includePaths: Bool,
        stage: String,
        _ failures: inout [RowFailure]
    ) throws(StageError) -> Block? {
        if !texts.isValid { try dropInvalid(stage, &failures) }
        if texts.count == 0 { return nil }
        var paths: [Column] = []
        if includePaths {
            for (index, file) in files.enumerated() {
                let end = index + 1 < files.count ? files[index + 1].first : texts.count
                if end > file.first { paths.append(Column(repeating: file.path, count: end - file.first)) }
            }
        }
        let column = Column(.string(texts.finish()))
        return includePaths
            ? Block(["text": column, "path": try Column.concatenate(paths)]) : Block(["text": column])
    }

    private mutating func dropInvalid(_ stage: String, _ failures: inout [RowFailure]) throws(StageError) {
        var kept = TextPiece()
        var file = 0
        for row in 0..<texts.count {
            while file + 1 < files.count, files[file + 1].first <= row { file += 1 }
            let text = texts.value(row)
            if String(validating: text, as: UTF8.self) != nil {
                try kept.append(text, number: numbers[row], path: files[file].path, extra: 0)
            } else {
                let error = StageError(
                    .damagedData,
                    "line \(numbers[row]) is not UTF-8. Convert the file, or read it as binary."
                )
                failures.append(RowFailure(path: files[file].path, stage: stage, error: error))
            }
        }
        self = kept
    }
}
