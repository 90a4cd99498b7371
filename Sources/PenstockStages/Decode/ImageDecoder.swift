internal import CPenstockImage
package import PenstockCore
package import PenstockPlan

/// What a file's header says.
package struct ImageInfo: Sendable, Equatable {
    /// Pixels as stored, before orientation.
    package let width: Int
    package let height: Int
    /// EXIF orientation, 1…8.
    package let orientation: Int
    /// The format's usual name, such as `JPEG`.
    package let format: String

    /// Reads the header; recognises the format by content.
    ///
    /// - Throws: `.unsupportedFormat`, `.damagedData`, with what the bytes are.
    @unsafe
    package init(_ bytes: UnsafeBufferPointer<UInt8>) throws(StageError) {
        var info = penstock_image_info()
        guard let base = bytes.baseAddress else { throw StageError(.damagedData, "the file is empty.") }
        try unsafe CallOfImageLibrary.check { error, size in
            unsafe penstock_image_read_info(base, bytes.count, &info, error, size)
        }
        width = Int(info.width)
        height = Int(info.height)
        orientation = Int(info.orientation)
        format = unsafe String(cString: penstock_image_format_name(info.format))
    }

    /// What bytes are, also those that are no image: `JPEG`, `HTML`, `Git-LFS pointer`.
    @unsafe
    static func formatName(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        var info = penstock_image_info()
        guard let base = bytes.baseAddress else { return "empty file" }
        _ = unsafe penstock_image_read_info(base, bytes.count, &info, nil, 0)
        return unsafe String(cString: penstock_image_format_name(info.format))
    }
}

/// A decoder with its scratch memory; one per worker.
@safe
package struct ImageDecoder: ~Copyable {
    private let raw: OpaquePointer

    /// - `maxPixels`: images with more are refused before memory is taken. `maxScratch`: the same for working memory.
    package init(maxPixels: Int, maxScratch: Bytes) throws(StageError) {
        var decoder: OpaquePointer?
        let limits = penstock_image_limits(max_pixels: UInt64(maxPixels), max_scratch_bytes: UInt64(maxScratch.count))
        try ImageDecoder.timing(\.decodersMade, \.makingSeconds) { () throws(StageError) in
            try unsafe CallOfImageLibrary.check { error, size in
                unsafe penstock_image_decoder_create(limits, &decoder, error, size)
            }
        }
        guard let decoder = unsafe decoder else { preconditionFailure("a decoder without a handle") }
        unsafe raw = decoder
    }

    deinit { unsafe penstock_image_decoder_destroy(raw) }

    /// Counts a call and its time for reports.
    private static func timing(
        _ count: WritableKeyPath<WorkReport, Int>,
        _ seconds: WritableKeyPath<WorkReport, Double>,
        _ call: () throws(StageError) -> Void
    ) throws(StageError) {
        let meter = WorkMeter.ofThread
        meter.add { $0[keyPath: count] += 1 }
        try meter.timing(seconds, call)
    }

    /// Decodes, resizes and crops into `out`: u8 `[crop, crop, 3]`, row-major RGB.
    @unsafe
    package borrowing func decode(
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ plan: Classifier,
        into out: UnsafeMutablePointer<UInt8>
    ) throws(StageError) {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { throw StageError(.damagedData, "the file is empty.") }
        let info = try unsafe ImageInfo(bytes)
        let turns = plan.orientation == .apply && info.orientation >= 5
        let geometry = ResizeGeometry(
            width: turns ? info.height : info.width,
            height: turns ? info.width : info.height,
            preprocessing: plan.preprocessing
        )
        guard geometry.resizedWidth <= 1 << 20, geometry.resizedHeight <= 1 << 20 else {
            throw StageError(
                .tooLarge,
                "an image of \(info.width)×\(info.height) pixels is too narrow to resize its short side to \(plan.preprocessing.resize)."
            )
        }
        var target = penstock_image_target(
            resized_width: UInt32(geometry.resizedWidth),
            resized_height: UInt32(geometry.resizedHeight),
            crop_x: UInt32(geometry.cropX),
            crop_y: UInt32(geometry.cropY),
            crop_width: UInt32(geometry.crop),
            crop_height: UInt32(geometry.crop),
            apply_exif: plan.orientation == .apply,
            quality: plan.resizeQuality == .fast ? PENSTOCK_IMAGE_QUALITY_FAST : PENSTOCK_IMAGE_QUALITY_EXACT
        )
        let outSize = geometry.crop * geometry.crop * 3
        try Self.timing(\.imagesDecoded, \.decodeSeconds) { () throws(StageError) in
            try unsafe CallOfImageLibrary.check { error, size in
                unsafe penstock_image_decode_resized(raw, base, bytes.count, &target, out, outSize, error, size)
            }
        }
    }

    /// Decodes and stretches into `out`: u8 `[height, width, 3]`, row-major RGB; byte for byte what Pillow's
    /// `convert("RGB").resize((width, height), BILINEAR)` gives.
    @unsafe
    borrowing func decode(
        _ bytes: UnsafeBufferPointer<UInt8>,
        stretchedTo size: (height: Int, width: Int),
        appliesOrientation: Bool,
        into out: UnsafeMutablePointer<UInt8>
    ) throws(StageError) {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { throw StageError(.damagedData, "the file is empty.") }
        var target = penstock_image_target(
            resized_width: UInt32(size.width),
            resized_height: UInt32(size.height),
            crop_x: 0,
            crop_y: 0,
            crop_width: UInt32(size.width),
            crop_height: UInt32(size.height),
            apply_exif: appliesOrientation,
            quality: PENSTOCK_IMAGE_QUALITY_EXACT
        )
        let outSize = size.width * size.height * 3
        try Self.timing(\.imagesDecoded, \.decodeSeconds) { () throws(StageError) in
            try unsafe CallOfImageLibrary.check { error, errorSize in
                unsafe penstock_image_decode_resized(raw, base, bytes.count, &target, out, outSize, error, errorSize)
            }
        }
    }

    /// Decodes the whole image into `out`: u8 `[height, width, 3]`, row-major RGB.
    @unsafe
    borrowing func decode(
        _ bytes: UnsafeBufferPointer<UInt8>,
        appliesOrientation: Bool,
        into out: UnsafeMutableBufferPointer<UInt8>
    ) throws(StageError) {
        guard let base = bytes.baseAddress, !bytes.isEmpty, let target = out.baseAddress else {
            throw StageError(.damagedData, "the file is empty.")
        }
        try Self.timing(\.imagesDecoded, \.decodeSeconds) { () throws(StageError) in
            try unsafe CallOfImageLibrary.check { error, size in
                unsafe penstock_image_decode_rgb(
                    raw,
                    base,
                    bytes.count,
                    appliesOrientation,
                    target,
                    out.count,
                    nil,
                    nil,
                    error,
                    size
                )
            }
        }
    }
}

/// Turns status codes of the C library into errors.
enum CallOfImageLibrary {
    static func check(_ call: (UnsafeMutablePointer<CChar>, Int) -> CInt) throws(StageError) {
        let (status, message) = unsafe CErrorText.collect(call)
        if status != PENSTOCK_IMAGE_OK { throw StageError(code(status), message) }
    }

    private static func code(_ status: CInt) -> StageError.Code {
        switch status {
        case PENSTOCK_IMAGE_DAMAGED: .damagedData
        case PENSTOCK_IMAGE_UNSUPPORTED, PENSTOCK_IMAGE_NOT_AN_IMAGE: .unsupportedFormat
        case PENSTOCK_IMAGE_TOO_LARGE: .tooLarge
        case PENSTOCK_IMAGE_OUT_OF_MEMORY: .outOfMemory
        default: .invalidInput
        }
    }
}
