import CPenstockImage
import PenstockCore
import PenstockPlan
import PenstockStages
import Testing

@Suite("Hostile headers", .tags(.native), .enabled(if: RealData.isPresent, RealData.reason))
struct HostileHeaderTests {
    @Test(
        "Sizes beyond the limit are refused by their header, with the numbers, and cost no memory",
        arguments: [
            ("odd/jpeg-decoder/crashtest/images/max_size.jpg", "65535x65535", "4294836225"),
            ("odd/sharp/giant-image.jpg", "20000x14000", "280000000"),
        ]
    )
    func giantsAreRefusedByTheirHeader(path: String, size: String, pixels: String) throws {
        let file = try RealData.bytes(path)
        let decoder = try RawDecoder()
        var out: [UInt8] = []
        let outcome = decoder.decode(file, into: &out)
        #expect(outcome.status == PENSTOCK_IMAGE_TOO_LARGE)
        #expect(decoder.scratchBytes < 64 << 10)

        let output = try DecodeImagesTransform.test().applied(to: .files([(path, file)]))
        #expect(output.blocks.isEmpty)
        let failure = try #require(output.failures.first)
        #expect(failure.code == .tooLarge)
        #expect(failure.path == path)
        for words in [size, pixels, "178956970"] { #expect(failure.message.contains(words), "\(failure.message)") }
    }

    @Test("A baseline JPEG within the pixel limit is streamed: scratch memory stays small whatever its size")
    func largeBaselineImagesAreStreamed() throws {
        let file = try RealData.bytes("odd/sharp/giant-image.jpg")
        let decoder = try RawDecoder(maxPixels: 300_000_000)
        var target = penstock_image_target(
            resized_width: 366,
            resized_height: 256,
            crop_x: 71,
            crop_y: 16,
            crop_width: 224,
            crop_height: 224,
            apply_exif: false,
            quality: PENSTOCK_IMAGE_QUALITY_FAST
        )
        var out = [UInt8](repeating: 0, count: 224 * 224 * 3)
        var text = [CChar](repeating: 0, count: 512)
        let status = penstock_image_decode_resized(
            decoder.raw,
            file,
            file.count,
            &target,
            &out,
            out.count,
            &text,
            text.count
        )
        #expect(status == PENSTOCK_IMAGE_OK)
        #expect(decoder.scratchBytes < 8 << 20)
    }

    @Test("Working memory beyond the limit of a worker is refused and names what it was for")
    func scratchIsLimited() throws {
        let path = "odd/jpeg-decoder/fuzz-afl-in/id_001411,src_000636,op_flip4,pos_165,+cov.jpg"
        var classifier = Classifier(model: "unused.onnx")
        classifier.orientation = .ignore
        let transform = DecodeImagesTransform(classifier, maxPixels: .max, maxScratch: .mebibytes(64))
        let output = try transform.applied(to: .files([(path, try RealData.bytes(path))]))
        let failure = try #require(output.failures.first)
        #expect(failure.code == .tooLarge)
        #expect(failure.message.contains("limit of 67108864 bytes of scratch"), "\(failure.message)")
    }
}

@Suite("Decode stage")
struct DecodeStageTests {
    @Test(
        "What is no image fails as a row of its own, with what it is",
        arguments: [
            ("", "empty", StageError.Code.damagedData),
            ("<!DOCTYPE html><html><body>not found</body></html>", "HTML", .unsupportedFormat),
            ("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 12\n", "Git-LFS", .unsupportedFormat),
            ("%PDF-1.7\n%âãÏÓ\n", "PDF", .unsupportedFormat),
            ("just some words\n", "text", .unsupportedFormat),
            ("<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "SVG", .unsupportedFormat),
        ]
    )
    func whatIsNoImageIsNamed(text: String, word: String, code: StageError.Code) throws {
        let output = try DecodeImagesTransform.test().applied(to: .files([("a.jpg", Array(text.utf8))]))
        #expect(output.blocks.isEmpty)
        let failure = try #require(output.failures.first)
        #expect(failure.code == code)
        #expect(failure.stage == "decode")
        #expect(failure.message.contains(word), "\(failure.message)")
    }

    @Test("Good rows of a block go on in order when others fail, and the pixels stay with their names")
    func goodRowsStayInOrder() throws {
        let files = (0..<6).map { index in
            (path: "\(index)", bytes: index % 2 == 1 ? Array("nothing".utf8) : bitmap(gray: UInt8(40 * index)))
        }
        let output = try DecodeImagesTransform.test(resize: 4, crop: 2).applied(to: .files(files))
        #expect(output.failures.map(\.path) == ["1", "3", "5"])
        let block = try #require(output.blocks.first)
        #expect(try block.strings("path").texts == ["0", "2", "4"])
        let images = try block.tensorUInt8("image")
        #expect(images.elements.array == [0, 80, 160].flatMap { [UInt8](repeating: $0, count: 12) })
        #expect(block.byteCount <= DecodeImagesTransform.test(resize: 4, crop: 2).outputBytes(for: .files(files)))
    }

    @Test("An image too narrow for its resize is refused by numbers instead of taking gigabytes")
    func extremeRatiosAreRefused() throws {
        let file = bitmap(gray: 9, width: 1, height: 5000)
        let output = try DecodeImagesTransform.test().applied(to: .files([("thread.bmp", file)]))
        let failure = try #require(output.failures.first)
        #expect(failure.code == .tooLarge)
        #expect(failure.message.contains("1×5000"), "\(failure.message)")
    }

    /// An uncompressed BMP of one colour, 24 bits.
    private func bitmap(gray: UInt8, width: Int = 8, height: Int = 8) -> [UInt8] {
        let stride = (width * 3 + 3) / 4 * 4
        func little(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> (8 * $0) & 255) } }
        let header = little(40, 4) + little(width, 4) + little(height, 4) + little(1, 2) + little(24, 2) + little(0, 24)
        return Array("BM".utf8) + little(54 + stride * height, 4) + little(0, 4) + little(54, 4) + header
            + [UInt8](repeating: gray, count: stride * height)
    }
}
