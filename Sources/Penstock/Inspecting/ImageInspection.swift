public import PenstockCore
import PenstockStages

/// What images there are: counts, formats, sizes, odd files and blocks; from headers alone.
public struct ImageInspection: Codable, Sendable {
    /// A file that will not become a prediction.
    public struct OddFile: Codable, Sendable, Equatable {
        /// Its path.
        public let path: String
        /// What is wrong with it.
        public let reason: String
    }

    /// The blocks that a run would make of the list of files.
    public struct Blocks: Codable, Sendable, Equatable {
        /// How many.
        public var count = 0
        /// Files of a block.
        public var rows = SpreadReport()
        /// Bytes of the files of a block.
        public var bytes = SpreadReport()
    }

    private static let shownOddFiles = 20
    private static let mostSamples = 256

    /// Files that were listed.
    public internal(set) var files = 0
    /// Their bytes.
    public internal(set) var bytes = 0
    /// Files whose header was read; in stores not all of them.
    public internal(set) var opened = 0
    /// Files by what their content is.
    public internal(set) var formats: [String: Int] = [:]
    /// Images by EXIF orientation, 1 to 8.
    public internal(set) var orientations: [String: Int] = [:]
    /// Widths in pixels, as stored.
    public internal(set) var widths = SpreadReport()
    /// Heights in pixels, as stored.
    public internal(set) var heights = SpreadReport()
    /// Images by millions of pixels.
    public internal(set) var megapixels = Histogram(edges: [0.05, 0.2, 0.5, 1, 2, 5, 10, 20, 50])
    /// Files by size.
    public internal(set) var fileBytes = Histogram(edges: [1, 4, 16, 64, 256, 1024, 4096, 16384].map { $0 * 1024 })
    /// JPEGs with both sides at least twice as long as the short side that the model gets: these `fast` decodes faster.
    public internal(set) var largeJPEGs = 0
    /// Files that will be quarantined.
    public internal(set) var oddFiles = 0
    /// The first of them.
    public internal(set) var firstOddFiles: [OddFile] = []
    /// Times that a path was listed again.
    public internal(set) var repeatedPaths = 0
    /// Blocks of a run.
    public internal(set) var blocks = Blocks()
    /// What was measured on some of the images; nil when nothing could be.
    public internal(set) var probe: InspectionProbe?
    /// What to know before a run, most important first.
    public internal(set) var warnings: [String] = []

    /// Where sums and samples are while files come in.
    struct Collecting {
        var widths = SpreadReport.Collector()
        var heights = SpreadReport.Collector()
        var rowsPerBlock = SpreadReport.Collector()
        var bytesPerBlock = SpreadReport.Collector()
        /// Hashes of paths that were seen: the paths themselves would take ten times as much.
        var seen: Set<Int> = []
        /// Evenly spread over the list.
        var samples: [(path: String, size: Int)] = []
        var stride = 1
    }

    /// Images with more pixels are odd.
    let maxPixels: Int
    /// The short side that the model gets images in.
    let resize: Int

    init(maxPixels: Int, resize: Int) {
        self.maxPixels = maxPixels
        self.resize = resize
    }

    /// Adds a block of `InspectFilesTransform`.
    mutating func add(_ block: Block, _ collecting: inout Collecting) throws(StageError) {
        let (paths, formats, errors) = (
            try block.strings("path"), try block.strings("format"), try block.strings("error")
        )
        let sizes = try block.int64s("size")
        let (widths, heights) = (try block.int32s("width"), try block.int32s("height"))
        let orientations = try block.int32s("orientation")
        var blockBytes = 0
        for row in 0..<block.rowCount {
            let path = paths.string(row)
            let size = Int(sizes[row])
            blockBytes += size
            fileBytes.add(Double(size))
            if !collecting.seen.insert(path.hashValue).inserted { repeatedPaths += 1 }
            let format = formats.string(row)
            if !format.isEmpty {
                opened += 1
                self.formats[format, default: 0] += 1
            }
            let reason = errors.string(row)
            if reason.isEmpty, !format.isEmpty {
                addImage(format, Int(widths[row]), Int(heights[row]), Int(orientations[row]), path, &collecting)
            } else if !reason.isEmpty {
                addOdd(path, reason)
            }
            if reason.isEmpty { sample(path, size, &collecting) }
            files += 1
        }
        bytes += blockBytes
        blocks.count += 1
        collecting.rowsPerBlock.add(Double(block.rowCount))
        collecting.bytesPerBlock.add(Double(blockBytes))
    }

    private mutating func addImage(
        _ format: String,
        _ width: Int,
        _ height: Int,
        _ orientation: Int,
        _ path: String,
        _ collecting: inout Collecting
    ) {
        collecting.widths.add(Double(width))
        collecting.heights.add(Double(height))
        let (pixels, overflows) = width.multipliedReportingOverflow(by: height)
        megapixels.add(Double(width) * Double(height) / 1e6)
        orientations["\(orientation)", default: 0] += 1
        if format == "JPEG", min(width, height) >= 2 * resize { largeJPEGs += 1 }
        if overflows || pixels > maxPixels {
            addOdd(path, "\(width)×\(height) pixels are more than the \(maxPixels) that are decoded.")
        }
    }

    private mutating func addOdd(_ path: String, _ reason: String) {
        oddFiles += 1
        if firstOddFiles.count < Self.shownOddFiles { firstOddFiles.append(OddFile(path: path, reason: reason)) }
    }

    private func sample(_ path: String, _ size: Int, _ collecting: inout Collecting) {
        guard files % collecting.stride == 0 else { return }
        collecting.samples.append((path, size))
        guard collecting.samples.count > Self.mostSamples else { return }
        collecting.samples = collecting.samples.indices.filter { $0 % 2 == 0 }.map { collecting.samples[$0] }
        collecting.stride *= 2
    }

    /// Takes over the sums.
    mutating func finish(_ collecting: Collecting) {
        widths = collecting.widths.report
        heights = collecting.heights.report
        blocks.rows = collecting.rowsPerBlock.report
        blocks.bytes = collecting.bytesPerBlock.report
    }
}

extension ImageInspection {
    private enum CodingKeys: String, CodingKey {
        case files, bytes, opened, formats, orientations, widths, heights, megapixels, fileBytes, largeJPEGs =
            "largeJpegs"
        case oddFiles, firstOddFiles, repeatedPaths, blocks, probe, warnings, maxPixels, resize
    }
}
