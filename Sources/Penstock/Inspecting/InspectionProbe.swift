import PenstockCore
import PenstockEngine
import PenstockPlan
import PenstockStages

/// Rates of reading and decoding, measured on some of the images, each alone on all cores: images per second.
public struct InspectionProbe: Codable, Sendable, Equatable {
    /// Images that were measured with.
    public var images = 0
    /// Opening and reading files.
    public var readFiles = 0.0
    /// Reading the same images from one packed file.
    public var readPacked = 0.0
    /// Decoding and resizing as `exact` does.
    public var decodeExact = 0.0
    /// Decoding and resizing as `fast` does.
    public var decodeFast = 0.0

    /// How many times as fast reading and decoding together are once the images are packed; reading and decoding overlap, so
    /// that the slower one counts.
    public var packingGain: Double {
        let (before, after) = (min(readFiles, decodeExact), min(readPacked, decodeExact))
        return before > 0 ? max(after / before, 1) : 1
    }

    /// How many times as fast decoding is with `--resize-quality fast`.
    public var fastGain: Double { decodeExact > 0 ? max(decodeFast / decodeExact, 1) : 1 }
}

/// Measures an `InspectionProbe`.
struct InspectionMeasurement {
    private static let seconds = 0.3
    /// Bytes of images that are kept in memory for it.
    private static let mostBytes = 64 << 20

    let files: StoreAccess
    let cores: Int
    let memory: Bytes
    let maxPixels: Int
    let resize: Int

    /// The rates of these files; nil when none of them can be decoded.
    func rates(_ samples: [(path: String, size: Int)]) async throws -> InspectionProbe? {
        var listed: [Block] = []
        var bytes = 0
        for sample in samples where bytes + sample.size <= Self.mostBytes {
            bytes += sample.size
            listed.append(Block(["path": Column(strings: [sample.path]), "size": Column(int64: [Int64(sample.size)])]))
        }
        guard !listed.isEmpty else { return nil }
        let reading = ReadFilesTransform(retries: 0, files: files)
        let read = try await outputs(of: reading, listed)
        var classifier = Classifier(model: "")
        classifier.preprocessing.resize = resize
        let exact = try await outputs(of: decoder(classifier), read)
        let decoded = exact.reduce(0) { $0 + $1.rowCount }
        guard decoded > 0 else { return nil }
        let probe = Probe(seconds: Self.seconds, cores: cores, memory: memory)
        var result = InspectionProbe()
        result.images = decoded
        result.readFiles = try await probe.measure(reading, over: listed, workers: cores).rate
        result.readPacked = try await packedRate(read, probe)
        result.decodeExact = try await probe.measure(decoder(classifier), over: read, workers: cores).rate
        classifier.resizeQuality = .fast
        result.decodeFast = try await probe.measure(decoder(classifier), over: read, workers: cores).rate
        return result
    }

    private func decoder(_ classifier: Classifier) -> DecodeImagesTransform {
        DecodeImagesTransform(classifier, maxPixels: maxPixels, maxScratch: Bytes(memory.count / 2 / max(cores, 1)))
    }

    /// Packs the blocks into a temporary file and reads it.
    private func packedRate(_ blocks: [Block], _ probe: Probe) async throws -> Double {
        let folder = TemporaryPlace("penstock-inspect")
        defer { folder.remove() }
        var table = WriteTable(directory: folder.path)
        table.rowGroupBytes = PackedImages.rowGroup
        try await Dataset.fromBlocks(blocks).write(table)
        var read = ReadTable(paths: [folder.path], format: .parquet, columns: ["path", "bytes"])
        read.holdsImages = true
        let list = try await outputs(
            of: SplitTablesTransform(rowLimit: nil, shuffleSeed: nil, files: files),
            [Block(["path": Column(strings: ["\(folder.path)/part-00000.parquet"]), "size": Column(int64: [0])])]
        )
        // Rows in are row groups; rows out are images.
        let rows = Double(blocks.reduce(0) { $0 + $1.rowCount })
        let groups = Double(list.reduce(0) { $0 + $1.rowCount })
        let rate = try await probe.measure(ReadTablesTransform(read, files: files), over: list, workers: cores).rate
        return groups > 0 ? rate * rows / groups : 0
    }

    private func outputs(of transform: some BatchTransform, _ blocks: [Block]) async throws -> [Block] {
        try await Dataset.fromBlocks(blocks).mapBatches(transform, batchSize: .wholeBlock).allBlocks()
    }
}

/// How images are packed.
package enum PackedImages {
    /// Bytes of a row group: each is read by one thread, and several by several.
    package static let rowGroup = Bytes.mebibytes(8)
}

extension Dataset {
    /// Runs the pipeline and keeps its blocks; rows that fail are left out.
    fileprivate func allBlocks() async throws -> [Block] {
        let blocks = Received<[Block]>([])
        var options = RunOptions()
        options.maxBadRows = .share(1)
        try await write(
            to: BlockReceiver { block throws(StageError) in try blocks.change { $0.append(block) } },
            options: options
        )
        return blocks.value
    }
}
