package import PenstockCore
package import PenstockPlan

/// Lists files: blocks of `path: string, size: int64`.
package struct ListFilesSource: BlockSource {
    package let name = "list"
    private let description: ReadImages
    private let blockRows: Int

    /// Blocks of `blockRows` files.
    package init(_ description: ReadImages, blockRows: Int) {
        self.description = description
        self.blockRows = blockRows
    }

    package struct Cursor {
        var lister: FileLister
        var remaining: Int
        var listed = 0
    }

    package func start(_ context: StageContext) throws(StageError) -> Cursor {
        Cursor(lister: FileLister(paths: description.paths), remaining: description.limit ?? .max)
    }

    /// The next files.
    ///
    /// - Throws: `.notFound` when a named path is not there, or when there are no files at all.
    package func next(_ cursor: inout Cursor) throws(StageError) -> Block? {
        var paths: [String] = []
        var sizes: [Int64] = []
        while paths.count < min(blockRows, cursor.remaining), let file = try cursor.lister.next() {
            paths.append(file.path)
            sizes.append(Int64(file.size))
        }
        cursor.remaining -= paths.count
        cursor.listed += paths.count
        if paths.isEmpty {
            if cursor.listed == 0, description.limit != 0 { throw noImages(cursor.lister.ignoredCount) }
            return nil
        }
        return Block(["path": Column(strings: paths), "size": Column(int64: sizes)])
    }

    private func noImages(_ ignored: Int) -> StageError {
        let names = description.paths.map { "\"\($0)\"" }.joined(separator: ", ")
        let others = ignored == 0 ? "" : " (\(ignored) file\(ignored == 1 ? "" : "s") of other kinds)"
        return StageError(
            .notFound,
            "there are no images in \(names)\(others). Name a folder that holds images, files, or a list of paths."
        )
    }
}
