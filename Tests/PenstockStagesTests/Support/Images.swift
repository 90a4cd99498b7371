import CPenstockImage
import PenstockCore
import PenstockPlan
import PenstockStages
import Testing

/// The image library's decoder, called as its header says; for what the Swift wrapper does not show.
struct RawDecoder: ~Copyable {
    let raw: OpaquePointer

    init(maxPixels: UInt64 = 0, maxScratch: UInt64 = 0) throws {
        var decoder: OpaquePointer?
        let limits = penstock_image_limits(max_pixels: maxPixels, max_scratch_bytes: maxScratch)
        var text = [CChar](repeating: 0, count: 256)
        #expect(penstock_image_decoder_create(limits, &decoder, &text, text.count) == PENSTOCK_IMAGE_OK)
        raw = try #require(decoder)
    }

    deinit { penstock_image_decoder_destroy(raw) }

    /// Bytes that the decoder keeps between two images.
    var scratchBytes: Int { penstock_image_decoder_scratch_bytes(raw) }

    /// The whole frame as RGB; `out` grows when it has to.
    borrowing func decode(_ file: [UInt8], into out: inout [UInt8], appliesOrientation: Bool = false) -> Outcome {
        var info = penstock_image_info()
        var text = [CChar](repeating: 0, count: 512)
        var status = penstock_image_read_info(file, file.count, &info, &text, text.count)
        if status != PENSTOCK_IMAGE_OK { return Outcome(status: status, message: message(text)) }
        let pixels = Int(info.width) * Int(info.height)
        // Refused sizes get no memory from the test either.
        let size = pixels > Int(PENSTOCK_IMAGE_DEFAULT_MAX_PIXELS) ? 3 : pixels * 3
        if out.count < size { out = [UInt8](repeating: 0, count: size) }
        var (width, height): (UInt32, UInt32) = (0, 0)
        status = penstock_image_decode_rgb(
            raw,
            file,
            file.count,
            appliesOrientation,
            &out,
            out.count,
            &width,
            &height,
            &text,
            text.count
        )
        return Outcome(status: status, message: message(text), width: Int(width), height: Int(height))
    }

    struct Outcome {
        var status: Int32
        var message = ""
        var width = 0
        var height = 0
    }

    private func message(_ text: [CChar]) -> String {
        String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension Block {
    /// Files in memory, as the read stage hands them to the decode stage.
    static func files(_ files: [(path: String, bytes: [UInt8])]) -> Block {
        let bytes = VariableBytes(lengths: files.map(\.bytes.count)) { span in
            var position = 0
            for file in files {
                for byte in file.bytes {
                    span[position] = byte
                    position += 1
                }
            }
        }
        return Block(["path": Column(strings: files.map(\.path)), "bytes": Column(.binary(bytes))])
    }
}

extension DecodeImagesTransform {
    /// A decode stage with ordinary limits.
    static func test(
        resize: Int = 256,
        crop: Int = 224,
        orientation: OrientationPolicy = .ignore,
        quality: ResizeQuality = .exact
    ) -> DecodeImagesTransform {
        var classifier = Classifier(model: "unused.onnx")
        classifier.preprocessing.resize = resize
        classifier.preprocessing.crop = crop
        classifier.orientation = orientation
        classifier.resizeQuality = quality
        return DecodeImagesTransform(classifier, maxPixels: 178_956_970, maxScratch: .mebibytes(512))
    }
}
