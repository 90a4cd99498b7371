import ArgumentParser
import Penstock

/// What to feed to any model, and what to keep of its outputs.
struct PredictOptions: ParsableArguments {
    @Argument(help: "Tables or images: files, folders (searched recursively), patterns, or lists of paths (@list).")
    var paths: [String]

    @Option(name: .shortAndLong, help: "The model: an ONNX file, or an OpenVINO IR (.xml).")
    var model: String

    @Option(name: .shortAndLong, help: "The folder that receives the outputs.")
    var output: String

    @Option(
        help: ArgumentHelp(
            "Feeds a column to an input of the model. May stand often; an input that is not named takes the column of its own name.",
            valueName: "input=column"
        )
    )
    var input: [NamePair] = []

    @Option(
        help: ArgumentHelp(
            "Writes an output of the model as a column. May stand often; without it all outputs are written.",
            valueName: "output=column"
        )
    )
    var outputColumn: [NamePair] = []

    @Option(
        help: ArgumentHelp(
            "Columns to write beside the outputs; all but those that are fed to the model unless given, none for an empty text.",
            valueName: "a,b"
        )
    )
    var keep: NameList?

    @OptionGroup(title: "Reading")
    var reading: ReadingOptions

    @OptionGroup var shared: SharedOptions

    func validate() throws {
        for (option, pairs) in [("input", input), ("output-column", outputColumn)] {
            let repeated = Dictionary(grouping: pairs, by: \.name).filter { $1.count > 1 }.keys.min()
            if let repeated { throw ValidationError("--\(option) names \"\(repeated)\" twice.") }
        }
    }

    func job() throws(PlanError) -> Job {
        let kind = try reading.kind(of: paths)
        let plain = ModelJob(
            model: model,
            inputs: Self.map(input),
            outputs: Self.map(outputColumn),
            keep: keep?.names
        )
        var job = try shared.speed.configured(plain)
        if kind == .images || shared.preprocessing.typed.contains(where: \.isTyped) {
            job = try shared.preprocessing.configured(job)
        }
        var dataset = reading.dataset(kind, paths, crop: job.preprocessing?.crop, exif: shared.preprocessing.exif)
        if let limit = shared.rows.limit { dataset = dataset.limit(limit) }
        if let condition = try reading.condition() { dataset = dataset.filter(where: condition) }
        return Job(
            dataset: dataset.predict(with: job),
            table: shared.writing.table(output),
            options: shared.runOptions(),
            rowsAre: .rows,
            settingsAre: .flags
        )
    }

    private static func map(_ pairs: [NamePair]) -> [String: String] {
        Dictionary(pairs.map { ($0.name, $0.column) }) { first, _ in first }
    }
}

/// How files become rows.
struct ReadingOptions: ParsableArguments {
    @Option(help: "What the files are: auto (by their ending), parquet, csv, json (lines), images or binary.")
    var read = InputKind.auto

    @Option(help: ArgumentHelp("Columns of tables to read; all unless given.", valueName: "a,b"))
    var columns: NameList?

    @Option(
        help: ArgumentHelp(
            "Keep rows for which this is true, such as \"age > 30 and city != 'Rome'\".",
            valueName: "expression"
        )
    )
    var filter: String?

    @Option(
        help: ArgumentHelp(
            "Size that images are stretched to; the preset's crop unless given.",
            valueName: "height,width"
        )
    )
    var size: SizeValue?

    /// - Throws: when the paths do not say what they are, or an option is for other files.
    func kind(of paths: [String]) throws(PlanError) -> InputKind {
        let kind = read == .auto ? try InputKind(of: paths) : read
        if size != nil, kind != .images {
            throw PlanError("--size is for images, and \(kind.rawValue) is read.", isUsage: true)
        }
        if columns != nil, ![.parquet, .csv, .json].contains(kind) {
            throw PlanError("--columns is for tables, and \(kind.rawValue) is read.", isUsage: true)
        }
        return kind
    }

    func condition() throws(PlanError) -> RowExpression? {
        guard let filter else { return nil }
        do { return try RowExpression(parsing: filter) } catch {
            throw PlanError("--filter: \(error.message)", isUsage: true)
        }
    }

    func dataset(_ kind: InputKind, _ paths: [String], crop: Int?, exif: OrientationPolicy?) -> Dataset {
        switch kind {
        case .parquet: return .readParquet(from: paths, columns: columns?.names)
        case .csv: return .readCSV(from: paths, columns: columns?.names)
        case .json: return .readJSON(from: paths, columns: columns?.names)
        case .binary: return .readBinaryFiles(from: paths)
        case .images, .auto:
            var images = ReadImages(paths: paths)
            images.size = size?.size ?? crop.map { ImageSize(height: $0, width: $0) }
            images.orientation = exif ?? images.orientation
            return Dataset(plan: LogicalPlan([.readImages(images)]))
        }
    }
}

/// `x=column`.
struct NamePair: ExpressibleByArgument {
    let name: String
    let column: String

    init?(argument: String) {
        guard let sign = argument.lastIndex(of: "=") else { return nil }
        name = String(argument[..<sign])
        column = String(argument[argument.index(after: sign)...])
        if name.isEmpty || column.isEmpty { return nil }
    }
}

/// `a,b`.
struct NameList: ExpressibleByArgument {
    let names: [String]

    init?(argument: String) {
        names =
            argument.isEmpty ? [] : argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        if names.contains("") { return nil }
    }
}

/// `224,224`.
struct SizeValue: ExpressibleByArgument {
    let size: ImageSize

    init?(argument: String) {
        let parts = argument.lowercased().split(omittingEmptySubsequences: false) { $0 == "," || $0 == "x" }
        let sides = parts.compactMap { Int($0) }
        guard parts.count == 2, sides.count == 2 else { return nil }
        size = ImageSize(height: sides[0], width: sides[1])
    }
}
