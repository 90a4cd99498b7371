package import PenstockCore

/// Decodes whole frames and forgets them: the codec's work without resize and crop, for measuring.
///
/// Rows pass through as they are. Each worker decodes into memory that it keeps, so that the kernel's clearing of fresh pages
/// is not measured along. Images that cannot be decoded, or have more than `maxPixels`, become failed rows.
package struct BareDecodeTransform: BatchTransform {
    package let name = "decode"
    private let maxPixels: Int
    private let maxScratch: Bytes

    /// `maxScratch`: working memory that one image may take in one worker, besides its frame.
    package init(maxPixels: Int, maxScratch: Bytes) {
        self.maxPixels = maxPixels
        self.maxScratch = maxScratch
    }

    /// A decoder and the frame that it decodes into.
    package final class State {
        let decoder: ImageDecoder
        var frame: [UInt8] = []

        init(_ decoder: consuming ImageDecoder) { self.decoder = decoder }
    }

    package func makeState(_ shared: Void, _ context: StageContext) throws(StageError) -> State {
        State(try ImageDecoder(maxPixels: maxPixels, maxScratch: maxScratch))
    }

    package func apply(_ batch: Batch, _ state: inout State) throws(StageError) -> TransformOutput {
        let paths = try batch.block.strings("path")
        let files = try batch.block.binaries("bytes")
        var failures: [RowFailure] = []
        for row in 0..<files.count {
            do throws(StageError) { try decode(files.value(row), state) } catch {
                failures.append(RowFailure(path: paths.string(row), stage: name, error: error))
            }
        }
        return TransformOutput([batch.block], failures: failures)
    }

    package func outputBytes(for block: Block) -> Bytes { .zero }

    private func decode(_ file: Buffer<UInt8>, _ state: State) throws(StageError) {
        try unsafe file.withUnsafePointer { (base: UnsafePointer<UInt8>) throws(StageError) in
            let bytes = unsafe UnsafeBufferPointer(start: base, count: file.count)
            let info = try unsafe ImageInfo(bytes)
            let (pixels, overflow) = info.width.multipliedReportingOverflow(by: info.height)
            guard !overflow, pixels <= maxPixels, pixels <= Int(Int32.max) / 3 else {
                throw StageError(
                    .tooLarge,
                    "an image of \(info.width)×\(info.height) pixels; the limit is \(maxPixels) pixels."
                )
            }
            if state.frame.count < pixels * 3 { state.frame = [UInt8](repeating: 0, count: pixels * 3) }
            let result = unsafe state.frame.withUnsafeMutableBufferPointer { frame in
                Result { () throws(StageError) in
                    try unsafe state.decoder.decode(bytes, appliesOrientation: false, into: frame)
                }
            }
            try result.get()
        }
    }
}
