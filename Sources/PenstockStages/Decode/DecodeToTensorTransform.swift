package import PenstockCore
package import PenstockPlan

/// Decodes images for any use: `path, bytes` → pixels.
///
/// With a size, `image: tensor<uint8, [height, width, channels]>`, stretched as Pillow's `resize` with BILINEAR does; without
/// one, `image: binary` with the pixels row by row, `height: int32`, `width: int32`. `path: string` comes first where it is
/// wanted. Gray images have one channel. An image that cannot be decoded becomes a failed row.
///
/// Images of other kinds become RGB before they are stretched, and gray after it, as in `Image.open(f).convert("RGB")
/// .resize((width, height), BILINEAR).convert("L")`; Pillow differs for palettes and transparency that are resized before.
package struct DecodeToTensorTransform: BatchTransform {
    /// What a pixel is.
    package enum Mode: String, Sendable, Hashable {
        /// Red, green and blue.
        case rgb
        /// Gray, by Pillow's weights.
        case l
        /// Bytes of a pixel.
        package var channels: Int { self == .rgb ? 3 : 1 }
    }

    package let name = "decode"
    let mode: Mode
    let size: (height: Int, width: Int)?
    let appliesOrientation: Bool
    let includePaths: Bool
    let maxPixels: Int
    private let maxScratch: Bytes
    /// Images without a common size are given in blocks of about so many bytes.
    let pieceBytes: Int

    /// - `size`: of all images; nil: each keeps its own. `maxScratch`: working memory that one image may take in one worker.
    /// - `pieceBytes`: bytes of a block of images that keep their sizes, or one image that is larger.
    package init(
        mode: Mode = .rgb,
        size: (height: Int, width: Int)? = nil,
        orientation: OrientationPolicy = .apply,
        includePaths: Bool = false,
        maxPixels: Int,
        maxScratch: Bytes,
        pieceBytes: Bytes = .mebibytes(64)
    ) {
        self.mode = mode
        self.size = size
        appliesOrientation = orientation == .apply
        self.includePaths = includePaths
        self.maxPixels = maxPixels
        self.maxScratch = maxScratch
        self.pieceBytes = min(max(pieceBytes.count, 1), Int(Int32.max) / 2)
    }

    /// A decoder, and what it has still to do.
    package final class State {
        let decoder: ImageDecoder
        /// Colours of an image that is to become gray; kept from image to image unless there are many.
        var colours: [UInt8] = []
        static let keptColours = 64 << 20
        var rows: Block?
        var nextRow = 0

        init(_ decoder: consuming ImageDecoder) { self.decoder = decoder }
    }

    /// - Throws: `.invalidInput` for a size that is not positive, or beyond 2^20 a side or 2 GiB an image.
    package func makeState(_ shared: Void, _ context: StageContext) throws(StageError) -> State {
        if let size {
            let sides = 1...(1 << 20)
            guard sides.contains(size.height), sides.contains(size.width),
                size.height * size.width * 3 <= Int(Int32.max)
            else {
                throw StageError(
                    .invalidInput,
                    "images cannot be resized to \(size.height)×\(size.width): sides are 1 to 2^20, and an image has at most 2 GiB."
                )
            }
        }
        return State(try ImageDecoder(maxPixels: maxPixels, maxScratch: maxScratch))
    }

    package func apply(_ batch: Batch, _ state: inout State) throws(StageError) -> TransformOutput {
        if let size { return try stretched(batch.block, size, state) }
        state.rows = batch.block
        state.nextRow = 0
        return try proceed(&state)
    }

    package func proceed(_ state: inout State) throws(StageError) -> TransformOutput {
        guard let block = state.rows else { return TransformOutput([]) }
        var output = TransformOutput([])
        if let images = try wholeImages(block, state, &output) { output.blocks = [images] }
        output.hasMore = state.nextRow < block.rowCount
        if !output.hasMore { state.rows = nil }
        return output
    }

    /// What the headers say; images that are refused take nothing.
    package func outputBytes(for block: Block) -> Bytes {
        let own = Bytes(block.rowCount * 256)
        if let size { return own + Bytes(block.rowCount * size.height * size.width * mode.channels) }
        guard case .binary(let files)? = block["bytes"]?.values else { return own + Bytes(pieceBytes) }
        var (total, largest) = (0, 0)
        for row in 0..<files.count {
            guard let shape = knownShape(files.value(row)) else { continue }
            let bytes = shape.height * shape.width * mode.channels
            total += bytes
            largest = max(largest, bytes)
        }
        return own + Bytes(min(total, pieceBytes + largest))
    }

    // MARK: Images of one size

    private func stretched(
        _ block: Block,
        _ size: (height: Int, width: Int),
        _ state: State
    ) throws(StageError) -> TransformOutput {
        let paths = try block.strings("path")
        let files = try block.binaries("bytes")
        let shape = [size.height, size.width, mode.channels]
        var pixels = TensorBuffer<UInt8>(rowCapacity: files.count, rowShape: shape)
        var decoded: [Int] = []
        var output = TransformOutput([])
        for row in 0..<files.count {
            do throws(StageError) {
                let file = files.value(row)
                try unsafe pixels.withUnsafeRow(decoded.count) {
                    (out: UnsafeMutablePointer<UInt8>) throws(StageError) in
                    let target = unsafe UnsafeMutableBufferPointer(start: out, count: shape.reduce(1, *))
                    try unsafe state.decode(file, stretchedTo: size, self, into: target)
                }
                decoded.append(row)
            } catch {
                output.failures.append(RowFailure(path: paths.string(row), stage: name, error: error))
            }
        }
        if decoded.isEmpty { return output }
        var columns = pathColumn(paths, decoded)
        columns.append(("image", Column(.tensorUInt8(pixels.freeze(rowCount: decoded.count)))))
        output.blocks = [Block(named: columns)]
        return output
    }

    private func pathColumn(_ paths: VariableBytes, _ rows: [Int]) -> [(name: String, column: Column)] {
        includePaths ? [("path", Column(strings: rows.map { paths.string($0) }))] : []
    }

    // MARK: Images as they are

    private typealias Image = (row: Int, height: Int, width: Int)

    private func wholeImages(
        _ block: Block,
        _ state: State,
        _ output: inout TransformOutput
    ) throws(StageError) -> Block? {
        let paths = try block.strings("path")
        let files = try block.binaries("bytes")
        let plan = nextImages(paths, files, state, &output)
        var pixels = MutableBuffer<UInt8>(count: plan.reduce(0) { $0 + byteCount($1) })
        var decoded: [Image] = []
        var offsets: [Int32] = [0]
        for image in plan {
            do throws(StageError) {
                let (start, count) = (Int(offsets[decoded.count]), byteCount(image))
                let file = files.value(image.row)
                try unsafe pixels.withUnsafeMutablePointer { (base: UnsafeMutablePointer<UInt8>) throws(StageError) in
                    let target = unsafe UnsafeMutableBufferPointer(start: base + start, count: count)
                    try unsafe state.decode(file, self, into: target)
                }
                decoded.append(image)
                offsets.append(Int32(start + count))
            } catch {
                output.failures.append(RowFailure(path: paths.string(image.row), stage: name, error: error))
            }
        }
        if decoded.isEmpty { return nil }
        let used = Int(offsets[decoded.count])
        let values = VariableBytes(offsets: Buffer(offsets), bytes: pixels.freeze(count: used))
        var columns = pathColumn(paths, decoded.map(\.row))
        columns.append(("image", Column(.binary(values))))
        columns.append(("height", Column(int32: decoded.map { Int32($0.height) })))
        columns.append(("width", Column(int32: decoded.map { Int32($0.width) })))
        return Block(named: columns)
    }

    /// The images of the next piece, by their headers.
    private func nextImages(
        _ paths: VariableBytes,
        _ files: VariableBytes,
        _ state: State,
        _ output: inout TransformOutput
    ) -> [Image] {
        var plan: [Image] = []
        var total = 0
        while state.nextRow < files.count, total < pieceBytes {
            let row = state.nextRow
            do throws(StageError) {
                let shape = try shape(files.value(row))
                let image = (row, shape.height, shape.width)
                if total + byteCount(image) > Int(Int32.max) { break }  // a block's limit; one image alone is below it
                plan.append(image)
                total += byteCount(image)
            } catch {
                output.failures.append(RowFailure(path: paths.string(row), stage: name, error: error))
            }
            state.nextRow += 1
        }
        return plan
    }

    private func byteCount(_ image: Image) -> Int { image.height * image.width * mode.channels }

    private func knownShape(_ file: Buffer<UInt8>) -> (height: Int, width: Int)? {
        do throws(StageError) { return try shape(file) } catch {
            return nil  // decoding says why
        }
    }

    /// Height and width after orientation.
    ///
    /// - Throws: `.tooLarge` beyond `maxPixels`, before memory is taken.
    private func shape(_ file: Buffer<UInt8>) throws(StageError) -> (height: Int, width: Int) {
        let info = try unsafe file.withUnsafePointer { (base: UnsafePointer<UInt8>) throws(StageError) in
            try unsafe ImageInfo(UnsafeBufferPointer(start: base, count: file.count))
        }
        let (pixels, overflow) = info.width.multipliedReportingOverflow(by: info.height)
        guard !overflow, pixels <= maxPixels, pixels <= Int(Int32.max) / 3 else {
            throw StageError(
                .tooLarge,
                "an image of \(info.width)×\(info.height) pixels; the limit is \(min(maxPixels, Int(Int32.max) / 3)) pixels."
            )
        }
        let turns = appliesOrientation && info.orientation >= 5
        return turns ? (info.width, info.height) : (info.height, info.width)
    }
}

extension DecodeToTensorTransform.State {
    /// Decodes into `out`, whose size is that of the image in the plan's mode.
    @unsafe
    fileprivate func decode(
        _ file: Buffer<UInt8>,
        stretchedTo size: (height: Int, width: Int)? = nil,
        _ plan: DecodeToTensorTransform,
        into out: UnsafeMutableBufferPointer<UInt8>
    ) throws(StageError) {
        guard plan.mode == .l else {
            try unsafe decodeColours(file, stretchedTo: size, plan, into: out)
            return
        }
        let count = out.count * 3
        if colours.count < count { colours = [UInt8](repeating: 0, count: count) }
        let result = unsafe colours.withUnsafeMutableBufferPointer { buffer in
            Result { () throws(StageError) in
                let colours = unsafe UnsafeMutableBufferPointer(rebasing: buffer[..<count])
                try unsafe decodeColours(file, stretchedTo: size, plan, into: colours)
                for index in out.indices {
                    let (red, green, blue) = unsafe (
                        UInt32(colours[index * 3]), UInt32(colours[index * 3 + 1]), UInt32(colours[index * 3 + 2])
                    )
                    // Pillow, `Convert.c`, L24.
                    unsafe out[index] = UInt8((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16)
                }
            }
        }
        if count > Self.keptColours { colours = [] }
        try result.get()
    }

    private func decodeColours(
        _ file: Buffer<UInt8>,
        stretchedTo size: (height: Int, width: Int)?,
        _ plan: DecodeToTensorTransform,
        into out: UnsafeMutableBufferPointer<UInt8>
    ) throws(StageError) {
        try unsafe file.withUnsafePointer { (base: UnsafePointer<UInt8>) throws(StageError) in
            let bytes = unsafe UnsafeBufferPointer(start: base, count: file.count)
            guard let size, let target = out.baseAddress else {
                try unsafe decoder.decode(bytes, appliesOrientation: plan.appliesOrientation, into: out)
                return
            }
            try unsafe decoder.decode(
                bytes,
                stretchedTo: size,
                appliesOrientation: plan.appliesOrientation,
                into: target
            )
        }
    }
}
