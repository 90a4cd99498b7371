import Penstock

/// `read`: rows from files.
struct PipelineSource {
    private enum Files {
        case images(ReadImages)
        case table(ReadTable)
        case text(ReadText)
        case binary(ReadBinaryFiles)
    }

    private var files: Files
    /// At most so many rows.
    let limit: Int?
    /// Where settings come from.
    private(set) var origins: [String: SettingOrigin] = [:]

    init(_ node: PipelineNode) throws(PlanError) {
        let map = try PipelineMap(node, "read", known: PipelineSchema.read)
        let given = map.present(PipelineSchema.sources)
        guard given.count == 1, let format = given.first else {
            let choice = PipelineSchema.sources.joined(separator: ", ")
            if given.count > 1 {
                throw map.place(of: given[1]).error(
                    "read: one format is read, and here are \(given.joined(separator: " and "))."
                )
            }
            throw map.place.error("read: name what to read with one of \(choice), such as images: photos/.")
        }
        guard let paths = try map.texts(format), !paths.isEmpty else {
            throw map.place(of: format).error("read.\(format): expected paths, and there is nothing.")
        }
        let allowed = Self.keys(of: format)
        for key in map.present(PipelineSchema.read)
        where !PipelineSchema.sources.contains(key) && !allowed.contains(key) {
            throw map.place(of: key).error(
                "read.\(key) is not for \(format); beside it stand \(allowed.joined(separator: ", "))."
            )
        }
        limit = try map.integer("limit")
        if limit != nil { origins["limit"] = map.place(of: "limit").origin }
        files = try Self.files(format, paths, map)
    }

    /// Whether a row is an image.
    var isImages: Bool {
        switch files {
        case .images: true
        case .table(let read): read.holdsImages
        case .text, .binary: false
        }
    }

    /// Has images, if that is what is read, decoded for a model that is no classifier: upright as asked for, and in one size,
    /// which is the preset's crop unless there is another one.
    mutating func prepare(for preprocessing: PreprocessingOptions) throws(PlanError) {
        guard case .images(var read) = files else { return }
        let crop = try preprocessing.configured(ModelJob(model: "")).preprocessing?.crop
        read.size = read.size ?? crop.map { ImageSize(height: $0, width: $0) }
        read.orientation = preprocessing.exif ?? read.orientation
        files = .images(read)
    }

    var dataset: Dataset {
        let source: LogicalOperator =
            switch files {
            case .images(let read): .readImages(read)
            case .table(let read): .readTable(read)
            case .text(let read): .readText(read)
            case .binary(let read): .readBinaryFiles(read)
            }
        let dataset = Dataset(plan: LogicalPlan([source]))
        return limit.map { dataset.limit($0) } ?? dataset
    }

    /// Keys that go with a format.
    private static func keys(of format: String) -> [String] {
        let all = ["limit", "include-paths", "override-block-count"]
        switch format {
        case "packed": return ["limit", "override-block-count"]
        case "images": return ["size", "mode"] + all
        case "parquet", "csv", "json": return ["columns"] + all
        case "text": return ["drop-empty-lines"] + all
        default: return all
        }
    }

    private static func files(_ format: String, _ paths: [String], _ map: PipelineMap) throws(PlanError) -> Files {
        let includePaths = try map.bool("include-paths")
        let blocks = try map.integer("override-block-count")
        switch format {
        case "images":
            var read = ReadImages(paths: paths)
            read.size = try map.node("size").map { node throws(PlanError) in try size(node) }
            if let mode = try map.text("mode") {
                guard let known = ImageMode(rawValue: mode) else { throw map.wrong("mode", "rgb or gray") }
                read.mode = known
            }
            read.includePaths = includePaths ?? true
            read.listing.blockCount = blocks
            return .images(read)
        case "text":
            var read = ReadText(paths: paths)
            read.dropsEmptyLines = try map.bool("drop-empty-lines") ?? true
            read.includePaths = includePaths ?? false
            read.listing.blockCount = blocks
            return .text(read)
        case "binary":
            var read = ReadBinaryFiles(paths: paths)
            read.includePaths = includePaths ?? true
            read.listing.blockCount = blocks
            return .binary(read)
        default:
            let formats: [String: OutputFormat] = ["parquet": .parquet, "csv": .csv, "json": .jsonl]
            var read = ReadTable(paths: paths, format: formats[format] ?? .parquet, columns: try map.texts("columns"))
            if format == "packed" {
                read.columns = ["path", "bytes"]
                read.holdsImages = true
            }
            read.includePaths = includePaths ?? false
            read.listing.blockCount = blocks
            return .table(read)
        }
    }

    private static func size(_ node: PipelineNode) throws(PlanError) -> ImageSize {
        let expected = "height and width, such as [224, 224]"
        guard case .list(let items) = node.content, items.count == 2 else { throw node.wrong("read.size", expected) }
        return ImageSize(
            height: try items[0].integer("read.size", expected),
            width: try items[1].integer("read.size", expected)
        )
    }
}

extension PipelineMap {
    /// An error about the value of a key.
    func wrong(_ key: String, _ expected: String) -> PlanError {
        node(key).map { $0.wrong(path(key), expected) } ?? place(of: key).error("\(path(key)): expected \(expected).")
    }
}
