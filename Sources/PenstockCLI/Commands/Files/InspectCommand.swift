import ArgumentParser
import Penstock

/// `penstock inspect`: what images there are.
struct InspectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract:
            "Says what images there are before a run: counts, formats, sizes, odd files, blocks, and what to mind.",
        discussion: """
            Reads headers only, and decodes some of the images to tell what packing and faster resizing would gain.

            Examples:
              penstock inspect photos/
              penstock inspect photos/ more/*.png --json inspection.json
              penstock inspect s3://bucket/photos/ --headers 200
            """
    )

    @Argument(help: "Images: files, folders (searched recursively), patterns, or lists of paths (list.txt, @list).")
    var paths: [String]

    @Option(help: ArgumentHelp("Also write the figures to this file.", valueName: "file"))
    var json: String?

    @Option(help: ArgumentHelp("Files in a store whose headers are read; the others are counted.", valueName: "n"))
    var headers = 1000

    @Option(help: ArgumentHelp("The short side that the model gets images in.", valueName: "pixels"))
    var resize = 256

    @Flag(help: "Measure nothing: no file is read further than its header.")
    var noProbe = false

    func validate() throws {
        if headers < 0 { throw ValidationError("--headers \(headers): it is 0 or more.") }
        if !(1...16_384).contains(resize) { throw ValidationError("--resize \(resize): 1 to 16384 pixels.") }
    }

    func run() async throws {
        var options = ImageInspection.Options()
        options.resize = resize
        options.mostRemoteHeaders = headers
        options.probes = !noProbe
        let (paths, chosen) = (paths, options)
        let inspection = try await Interruption.handling { try await ImageInspection.scan(paths, chosen) }
        for line in InspectionTables(inspection).lines { print(line) }
        if let json { try ReportFile.write(inspection.json(), to: json) }
    }
}

/// An inspection for people.
struct InspectionTables {
    private static let barWidth = 40
    private let inspection: ImageInspection

    init(_ inspection: ImageInspection) { self.inspection = inspection }

    /// All of it.
    var lines: [String] {
        let images = max(inspection.opened - inspection.oddFiles, 0)
        var lines = [
            "\(Format.count(inspection.files)) files, \(Bytes(inspection.bytes))"
                + (inspection.opened < inspection.files ? ", \(Format.count(inspection.opened)) of them opened" : ""),
            "",
        ]
        lines += bars(
            "format",
            inspection.formats.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
        )
        if images > 0 {
            lines += [
                "", "  width    \(spread(inspection.widths)) pixels", "  height   \(spread(inspection.heights)) pixels",
                "",
            ]
            lines += bars("megapixels", Self.ranges(inspection.megapixels) { "\($0)" })
        }
        lines += [""] + bars("file size", Self.ranges(inspection.fileBytes) { "\(Bytes(Int($0)))" }) + [""]
        lines += blocks
        if !inspection.firstOddFiles.isEmpty { lines += [""] + oddFiles }
        if !inspection.warnings.isEmpty { lines += [""] + inspection.warnings.map { "- \($0)" } }
        return lines
    }

    private var blocks: [String] {
        var table = TextTable(
            ["records", "blocks", "rows per block", "bytes per block (least, mean, most)"],
            rightAligned: [0, 1, 2]
        )
        let (rows, bytes) = (inspection.blocks.rows, inspection.blocks.bytes)
        table.add([
            Format.count(inspection.files), Format.count(inspection.blocks.count),
            "\(Format.number(rows.min)), \(Format.number(rows.mean)), \(Format.number(rows.max))",
            [bytes.min, bytes.mean, bytes.max].map { "\(Bytes(Int($0)))" }.joined(separator: ", "),
        ])
        return table.lines()
    }

    private var oddFiles: [String] {
        let shown = inspection.firstOddFiles.map { "  \(Format.tail($0.path, 48)): \($0.reason)" }
        let more = inspection.oddFiles - shown.count
        return ["Odd files"] + shown + (more > 0 ? ["  … \(Format.count(more)) more"] : [])
    }

    private func spread(_ spread: SpreadReport) -> String {
        "\(Int(spread.min)) to \(Int(spread.max)), mean \(Format.number(spread.mean))"
    }

    private func bars(_ title: String, _ counts: [(name: String, count: Int)]) -> [String] {
        let most = max(counts.map(\.count).max() ?? 0, 1)
        var table = TextTable([title, "files", ""], rightAligned: [1])
        for (name, count) in counts {
            let length = max(count > 0 ? 1 : 0, count * Self.barWidth / most)
            table.add([name, Format.count(count), String(repeating: "█", count: length)])
        }
        return table.lines()
    }

    /// Ranges that have values, and those between them.
    private static func ranges(_ histogram: Histogram, _ name: (Double) -> String) -> [(name: String, count: Int)] {
        let filled = histogram.counts.indices.filter { histogram.counts[$0] > 0 }
        guard let first = filled.first, let last = filled.last else { return [] }
        return (first...last).map { index in
            let label =
                index == 0
                ? "below \(name(histogram.edges[0]))"
                : index == histogram.edges.count
                    ? "from \(name(histogram.edges[index - 1]))"
                    : "\(name(histogram.edges[index - 1])) to \(name(histogram.edges[index]))"
            return (label, histogram.counts[index])
        }
    }
}
