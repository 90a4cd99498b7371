import CPenstockJPEGEncode
import Testing

@Suite("JPEG encoding ABI")
struct JPEGEncodeTests {
    @Test("An option out of range is refused by name and value, and nothing is written")
    func badOptionsAreRefused() {
        let cases: [(String, (inout penstock_jpeg_encoding) -> Void)] = [
            ("width is 0", { $0.width = 0 }),
            ("height is 65501", { $0.height = 65_501 }),
            ("channels is 4", { $0.channels = 4 }),
            ("quality is 101", { $0.quality = 101 }),
            ("orientation is 9", { $0.orientation = 9 }),
            ("pixels_size is 192", { $0.channels = 1 }),
        ]
        for (expected, change) in cases {
            var encoding = Self.eightByEight
            change(&encoding)
            let result = encode(encoding, capacity: 4_096)
            #expect(result.status == PENSTOCK_JPEG_ENCODE_BAD_ARGUMENT)
            #expect(result.message.hasPrefix(expected))
            #expect(result.jpeg.isEmpty)
        }
    }

    @Test("A buffer that is too small is an error, not memory of another's", arguments: [0, 1, 20, 300])
    func smallBuffersAreRefused(capacity: Int) {
        let result = encode(Self.eightByEight, capacity: capacity)
        #expect(result.status == PENSTOCK_JPEG_ENCODE_FAILED)
        #expect(result.message == "the output buffer is too small for a 8x8 JPEG")
        #expect(result.jpeg.isEmpty)
    }

    @Test("The bound is enough for noise at the highest quality, and 0 for impossible sizes")
    func boundIsEnough() {
        let result = encode(Self.eightByEight, capacity: penstock_jpeg_encode_bound(8, 8))
        #expect(result.status == PENSTOCK_JPEG_ENCODE_OK)
        #expect(result.jpeg.starts(with: [0xFF, 0xD8]))
        #expect(penstock_jpeg_encode_bound(0, 8) == 0)
        #expect(penstock_jpeg_encode_bound(8, 65_501) == 0)
    }

    private static let eightByEight = penstock_jpeg_encoding(
        width: 8,
        height: 8,
        channels: 3,
        quality: 100,
        halves_chroma: 0,
        progressive: 0,
        orientation: 0
    )

    private func encode(
        _ encoding: penstock_jpeg_encoding,
        capacity: Int
    ) -> (status: Int32, message: String, jpeg: [UInt8]) {
        var encoding = encoding
        var status: Int32 = 0
        let pixels = (0..<192).map { UInt8(truncatingIfNeeded: $0 &* 151) }
        var message = [UInt8](repeating: 0, count: Int(PENSTOCK_JPEG_ENCODE_ERROR_SIZE))
        let jpeg = [UInt8](unsafeUninitializedCapacity: max(1, capacity)) { buffer, count in
            guard let bytes = buffer.baseAddress else { return }
            var output = penstock_jpeg_output(bytes: bytes, capacity: capacity, size: 0)
            status = message.withUnsafeMutableBytes { text in
                guard let start = text.bindMemory(to: CChar.self).baseAddress else { return -1 }
                return penstock_jpeg_encode(&encoding, pixels, pixels.count, &output, start, text.count)
            }
            count = output.size
        }
        return (status, String(decoding: message.prefix { $0 != 0 }, as: UTF8.self), jpeg)
    }
}
