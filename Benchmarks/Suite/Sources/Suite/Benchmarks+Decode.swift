import CPenstockImage

extension Benchmark {
    /// Decoding for a classifier, without the engine: resize of the short side to 256, crop of 224.
    static var decoding: [Benchmark] {
        var steps: [Benchmark] = []
        for (width, height, images) in [(500, 375, 40), (1024, 768, 12), (4000, 3000, 2)] {
            steps.append(step(width, height, images, "exact", PENSTOCK_IMAGE_QUALITY_EXACT))
            steps.append(step(width, height, images, "fast", PENSTOCK_IMAGE_QUALITY_FAST))
        }
        let bare = image("Decode:JPEG 1024×768 bare", 12) {
            let file = try Photographs.jpeg(width: 1024, height: 768)
            var frame = [UInt8](repeating: 0, count: 1024 * 768 * 3)
            return { decoder, _ in try decoder.decodeFrame(file, into: &frame) }
        }
        let resize = image("Resize:1024×768→224", 20) {
            let frame = (0..<(1024 * 768 * 3)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let target = Self.target(1024, 768, quality: PENSTOCK_IMAGE_QUALITY_EXACT)
            return { decoder, out in try decoder.resize(frame, width: 1024, height: 768, target, into: &out) }
        }
        return steps + [bare, resize]
    }

    /// The job's step: decode, resize and crop at once.
    private static func step(
        _ width: Int,
        _ height: Int,
        _ images: Int,
        _ word: String,
        _ quality: Int32
    ) -> Benchmark {
        image("Decode:JPEG \(width)×\(height) \(word)", images) {
            let file = try Photographs.jpeg(width: width, height: height)
            let target = Self.target(width, height, quality: quality)
            return { decoder, out in try decoder.decode(file, target, into: &out) }
        }
    }

    private typealias Work = (Decoder, inout [UInt8]) throws -> Void

    private static func image(_ name: String, _ images: Int, _ inputs: @escaping () throws -> Work) -> Benchmark {
        Benchmark(
            name: name,
            unit: "image",
            short: images / 2,
            long: images + images / 2,
            counts: [.instructions, .allocations]
        ) { _ in
            let decoder = try Decoder()
            let work = try inputs()
            var out = [UInt8](repeating: 0, count: 224 * 224 * 3)
            return { iterations in
                for _ in 0..<iterations { try work(decoder, &out) }
                if !out.contains(where: { $0 != 0 }), !name.hasSuffix("bare") {
                    throw BenchmarkError("\(name): the image is black")
                }
            }
        }
    }

    /// For an image that is wider than high.
    private static func target(_ width: Int, _ height: Int, quality: Int32) -> penstock_image_target {
        let resized = 256 * width / height
        return penstock_image_target(
            resized_width: UInt32(resized),
            resized_height: 256,
            crop_x: UInt32((resized - 224) / 2),
            crop_y: 16,
            crop_width: 224,
            crop_height: 224,
            apply_exif: false,
            quality: quality
        )
    }
}

/// A decoder of the C library.
private final class Decoder {
    private let raw: OpaquePointer

    init() throws {
        var decoder: OpaquePointer?
        let limits = penstock_image_limits(max_pixels: 0, max_scratch_bytes: 0)
        try Self.check(penstock_image_decoder_create(limits, &decoder, nil, 0))
        guard let decoder else { throw BenchmarkError("a decoder without a handle") }
        raw = decoder
    }

    deinit { penstock_image_decoder_destroy(raw) }

    func decode(_ file: [UInt8], _ target: penstock_image_target, into out: inout [UInt8]) throws {
        var target = target
        try Self.check(penstock_image_decode_resized(raw, file, file.count, &target, &out, out.count, nil, 0))
    }

    func decodeFrame(_ file: [UInt8], into frame: inout [UInt8]) throws {
        try Self.check(penstock_image_decode_rgb(raw, file, file.count, false, &frame, frame.count, nil, nil, nil, 0))
    }

    func resize(
        _ frame: [UInt8],
        width: UInt32,
        height: UInt32,
        _ target: penstock_image_target,
        into out: inout [UInt8]
    ) throws {
        var target = target
        try Self.check(
            penstock_image_resize_rgb(raw, frame, frame.count, width, height, &target, &out, out.count, nil, 0)
        )
    }

    private static func check(_ status: CInt) throws {
        if status != PENSTOCK_IMAGE_OK { throw BenchmarkError("the image library answered \(status)") }
    }
}
