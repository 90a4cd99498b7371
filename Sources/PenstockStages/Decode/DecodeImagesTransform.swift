package import PenstockCore
package import PenstockPlan

/// Decodes, resizes and crops images straight into a batch: `path, bytes` → `path: string, image: tensor<uint8, [crop, crop, 3]>`.
///
/// An image that cannot be decoded becomes a failed row; the others of its block go on.
package struct DecodeImagesTransform: BatchTransform {
    package let name = "decode"
    private let plan: Classifier
    private let maxPixels: Int
    private let maxScratch: Bytes

    /// `maxScratch`: working memory that one image may take in one worker.
    package init(_ plan: Classifier, maxPixels: Int, maxScratch: Bytes) {
        self.plan = plan
        self.maxPixels = maxPixels
        self.maxScratch = maxScratch
    }

    /// Height, width and channels of an image that it gives.
    package var imageShape: [Int] { [plan.preprocessing.crop, plan.preprocessing.crop, 3] }

    /// One decoder per worker.
    package final class State {
        let decoder: ImageDecoder

        init(_ decoder: consuming ImageDecoder) { self.decoder = decoder }
    }

    package func makeState(_ shared: Void, _ context: StageContext) throws(StageError) -> State {
        State(try ImageDecoder(maxPixels: maxPixels, maxScratch: maxScratch))
    }

    package func apply(_ batch: Batch, _ state: inout State) throws(StageError) -> TransformOutput {
        let paths = try batch.block.strings("path")
        let files = try batch.block.binaries("bytes")
        let crop = plan.preprocessing.crop
        var pixels = TensorBuffer<UInt8>(rowCapacity: files.count, rowShape: [crop, crop, 3])
        var decoded: [Int] = []
        decoded.reserveCapacity(files.count)
        var failures: [RowFailure] = []
        for row in 0..<files.count {
            do throws(StageError) {
                try decode(files.value(row), into: &pixels, at: decoded.count, state)
                decoded.append(row)
            } catch {
                failures.append(RowFailure(path: paths.string(row), stage: name, error: error))
            }
        }
        if decoded.isEmpty { return TransformOutput([], failures: failures) }
        let names = decoded.count == files.count ? paths : VariableBytes(decoded.map { paths.string($0) })
        let tensor = pixels.freeze(rowCount: decoded.count)
        return TransformOutput(
            [Block(["path": Column(.string(names)), "image": Column(.tensorUInt8(tensor))])],
            failures: failures
        )
    }

    package func outputBytes(for block: Block) -> Bytes {
        Bytes(block.rowCount * plan.preprocessing.rowBytes)
    }

    private func decode(
        _ file: Buffer<UInt8>,
        into pixels: inout TensorBuffer<UInt8>,
        at slot: Int,
        _ state: State
    ) throws(StageError) {
        try unsafe file.withUnsafePointer { (base: UnsafePointer<UInt8>) throws(StageError) in
            try unsafe pixels.withUnsafeRow(slot) { (row: UnsafeMutablePointer<UInt8>) throws(StageError) in
                try unsafe state.decoder.decode(UnsafeBufferPointer(start: base, count: file.count), plan, into: row)
            }
        }
    }
}
