import CPenstockImage
import PenstockCore
import PenstockPlan
import Testing

@testable import PenstockStages

/// A BMP of 24 bits a pixel; `pixel` gives red, green and blue.
private func bitmap(_ width: Int, _ height: Int, _ pixel: (Int, Int) -> (UInt8, UInt8, UInt8)) -> [UInt8] {
    func word(_ value: Int, _ bytes: Int) -> [UInt8] {
        (0..<bytes).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
    let stride = (width * 3 + 3) / 4 * 4
    var file = Array("BM".utf8) + word(54 + stride * height, 4) + word(0, 4) + word(54, 4)
    file += word(40, 4) + word(width, 4) + word(height, 4) + word(1, 2) + word(24, 2) + word(0, 4)
    file += word(stride * height, 4) + word(2835, 4) + word(2835, 4) + word(0, 8)
    for y in (0..<height).reversed() {
        var row: [UInt8] = []
        for x in 0..<width {
            let (red, green, blue) = pixel(x, y)
            row += [blue, green, red]
        }
        file += row + Array(repeating: 0, count: stride - row.count)
    }
    return file
}

private func decoder(
    _ mode: DecodeToTensorTransform.Mode = .rgb,
    _ size: (height: Int, width: Int)? = nil,
    orientation: OrientationPolicy = .apply,
    paths: Bool = false,
    maxPixels: Int = 178_956_970,
    piece: Bytes = .mebibytes(64)
) -> DecodeToTensorTransform {
    DecodeToTensorTransform(
        mode: mode,
        size: size,
        orientation: orientation,
        includePaths: paths,
        maxPixels: maxPixels,
        maxScratch: .mebibytes(256),
        pieceBytes: piece
    )
}

@Suite("Decoding for any use")
struct DecodeToTensorTests {
    private let small = bitmap(3, 2) { x, y in (UInt8(x * 40), UInt8(y * 100), 200) }

    @Test("Without a size the pixels come as they are, with height and width")
    func wholeImages() throws {
        let other = bitmap(1, 1) { _, _ in (1, 2, 3) }
        let block = Block.files([("a.bmp", small), ("bad", [1, 2, 3]), ("b.bmp", other)])
        let output = try decoder(paths: true).pieces(of: block)
        let images = try #require(try output.joined())
        #expect(images.schema.fields.map(\.name) == ["path", "image", "height", "width"])
        #expect(try images.strings("path").texts == ["a.bmp", "b.bmp"])
        #expect(try images.int32s("height").array == [2, 1])
        #expect(try images.int32s("width").array == [3, 1])
        let pixels = try images.binaries("image")
        let expected: [UInt8] = [0, 0, 200, 40, 0, 200, 80, 0, 200, 0, 100, 200, 40, 100, 200, 80, 100, 200]
        #expect(pixels.value(0).array == expected)
        #expect(pixels.value(1).array == [1, 2, 3])
        #expect(output.failures.map(\.path) == ["bad"])
        #expect(try decoder().pieces(of: block).joined()?["path"] == nil)
    }

    @Test("Gray has Pillow's weights, one byte a pixel, with and without a size")
    func gray() throws {
        // Pillow 13: Image.new("RGB", (1, 1), colour).convert("L").getpixel((0, 0))
        let colours: [(UInt8, UInt8, UInt8)] = [
            (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0), (12, 34, 56), (200, 100, 50),
        ]
        let file = bitmap(colours.count, 1) { x, _ in colours[x] }
        let block = Block.files([("a", file)])
        let whole = try #require(try decoder(.l).pieces(of: block).joined())
        #expect(try whole.binaries("image").value(0).array == [76, 150, 29, 255, 0, 30, 124])
        let sized = try decoder(.l, (height: 1, width: colours.count)).applied(to: block)
        let tensor = try #require(sized.blocks.first).tensorUInt8("image")
        #expect(tensor.shape == [1, 1, colours.count, 1])
        #expect(tensor.elements.array == [76, 150, 29, 255, 0, 30, 124])
    }

    @Test("With a size every image is stretched to it, whatever its own")
    func stretched() throws {
        let wide = bitmap(8, 1) { x, _ in (UInt8(x * 30), 0, 255) }
        let block = Block.files([("a", small), ("bad", []), ("b", wide)])
        let output = try decoder(.rgb, (height: 2, width: 4), paths: true).applied(to: block)
        let images = try #require(output.blocks.first)
        #expect(try images.strings("path").texts == ["a", "b"])
        let tensor = try images.tensorUInt8("image")
        #expect(tensor.shape == [2, 2, 4, 3])
        // Pillow 13: resize((4, 2), Image.BILINEAR) of the second image.
        let row: [UInt8] = [21, 0, 255, 75, 0, 255, 135, 0, 255, 189, 0, 255]
        #expect(tensor.slice(1..<2).elements.array == row + row)
        #expect(output.failures.map(\.path) == ["bad"])
        #expect(output.failures.first?.stage == "decode")
    }

    @Test(
        "Pieces hold about so many bytes, every image once, and the reservation covers them",
        arguments: [1, 40, 1000]
    )
    func pieces(piece: Int) throws {
        let files = (1...9).map { side in
            (path: "\(side)", bytes: bitmap(side, side) { x, y in (UInt8(x), UInt8(y), UInt8(side)) })
        }
        let block = Block.files(files)
        let transform = decoder(paths: true, piece: Bytes(piece))
        let outputs = try transform.pieces(of: block)
        #expect(try outputs.joined()?.strings("path").texts == files.map(\.path))
        #expect(try outputs.joined()?.int32s("width").array == (1...9).map { Int32($0) })
        for output in outputs {
            #expect(try #require(output.blocks.first).byteCount <= transform.outputBytes(for: block))
        }
        #expect(outputs.count == (piece == 1 ? 9 : piece == 40 ? 7 : 1))
    }

    @Test("An image beyond the limit fails before memory is taken, and is not reserved for")
    func tooManyPixels() throws {
        let block = Block.files([("a", bitmap(10, 10) { _, _ in (0, 0, 0) }), ("b", small)])
        for size in [nil, (height: 2, width: 2)] {
            let outputs = try decoder(.rgb, size, maxPixels: 99).pieces(of: block)
            #expect(outputs.failures.map(\.path) == ["a"])
            #expect(outputs.failures.map(\.code) == [.tooLarge])
            #expect(try outputs.joined()?.rowCount == 1)
        }
        #expect(decoder(maxPixels: 99).outputBytes(for: block) == Bytes(2 * 256 + 18))
    }

    @Test(
        "A size that no image can have is refused before anything is decoded",
        arguments: [(0, 4), (4, -1), (1 << 21, 1), (40_000, 40_000)]
    )
    func impossibleSizes(height: Int, width: Int) throws {
        let error = try stageError {
            _ = try decoder(.rgb, (height: height, width: width)).applied(to: .files([("a", small)]))
        }
        #expect(error.code == .invalidInput)
        #expect(error.message.contains("\(height)×\(width)"))
    }

    @Test(
        "Orientation turns height and width when it is applied",
        .tags(.native),
        .enabled(if: RealData.isPresent, RealData.reason)
    )
    func orientation() throws {
        let name = "images/n02951585_can_opener.JPEG"
        let block = Block.files([(name, try RealData.bytes(name))])
        let upright = try #require(try decoder().pieces(of: block).joined())
        let stored = try #require(try decoder(orientation: .ignore).pieces(of: block).joined())
        #expect(try upright.int32s("height").array == stored.int32s("width").array)
        #expect(try upright.int32s("width").array == stored.int32s("height").array)
        #expect(try upright.int32s("height").array != stored.int32s("height").array)
    }

    @Test(
        "Every odd file is an image or a failed row",
        .tags(.native),
        .enabled(if: RealData.isPresent, RealData.reason)
    )
    func oddFiles() throws {
        let listed = try ListFilesSource([RealData.path("odd")], kind: .binary, blockRows: 40).allBlocks()
        var rows = 0
        for files in listed {
            let block = try #require(try ReadFilesTransform(retries: 0).applied(to: files).blocks.first)
            for transform in [decoder(.l, maxPixels: 20_000_000), decoder(.rgb, (height: 8, width: 9))] {
                let outputs = try transform.pieces(of: block)
                let images = outputs.flatMap(\.blocks).reduce(0) { $0 + $1.rowCount }
                #expect(images + outputs.failures.count == block.rowCount)
                rows += images
            }
        }
        #expect(rows > 300)
    }
}
