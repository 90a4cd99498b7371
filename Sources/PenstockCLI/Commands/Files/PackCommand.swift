import ArgumentParser
import Penstock

/// `penstock pack`: many small files become few large ones.
struct PackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pack",
        abstract: "Puts images, as they are, into Parquet files that are read faster than many small files.",
        discussion: """
            The files have the columns path and bytes. classify reads such a folder as it reads the images: the same
            predictions, the same paths.

            Examples:
              penstock pack photos/ --output packed/
              penstock pack s3://bucket/photos/ --output packed/ --bytes-per-file 512MiB
              penstock classify packed/ --model resnet50.onnx --output predictions/
            """
    )

    @Argument(help: "Images: files, folders (searched recursively), patterns, or lists of paths (list.txt, @list).")
    var paths: [String]

    @Option(name: .shortAndLong, help: "The folder that receives the Parquet files.")
    var output: String

    @Option(help: ArgumentHelp("Images of one file.", valueName: "n"))
    var rowsPerFile: Int?

    @Option(help: ArgumentHelp("Size at which a file is closed; 128 MiB unless given.", valueName: "size"))
    var bytesPerFile: Bytes?

    @Option(help: ArgumentHelp("Pack at most so many images.", valueName: "n"))
    var limit: Int?

    @Option(help: ArgumentHelp("Stop when more files than this cannot be read.", valueName: "n|p%"))
    var maxBadRows: BadRowLimit?

    @Flag(help: "Replace what an earlier run wrote.")
    var overwrite = false

    @OptionGroup var reporting: ReportingOptions

    func run() async throws {
        var read = ReadBinaryFiles(paths: paths)
        read.onlyImages = true
        read.listing.limit = limit
        var table = WriteTable(directory: output, existing: overwrite ? .overwrite : .refuse)
        table.rowsPerFile = rowsPerFile
        table.bytesPerFile = bytesPerFile
        table.rowGroupBytes = PackedImages.rowGroup
        var options = RunOptions()
        options.preservesOrder = true
        options.maxBadRows = maxBadRows ?? options.maxBadRows
        for (name, isTyped) in [("max-bad-rows", maxBadRows != nil), ("limit", limit != nil)] where isTyped {
            options.origins[name] = .flag
        }
        let dataset = Dataset(plan: LogicalPlan([.readBinaryFiles(read)]))
        try await reporting.run(Job(dataset: dataset, table: table, options: options))
    }
}
