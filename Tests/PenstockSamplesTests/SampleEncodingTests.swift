import Testing

@testable import PenstockSamples

@Suite("Encoding of sample images")
struct SampleEncodingTests {
    @Test("A file's header says what the recipe says")
    func headerMatchesRecipe() throws {
        let images = try SampleImages(seed: 3, count: 2_000)
        let kinds: [(SampleRecipe) -> Bool] = [
            { $0.isGrayscale && $0.orientation == nil },
            { !$0.isGrayscale && $0.halvesChroma && !$0.isProgressive },
            { !$0.isGrayscale && !$0.halvesChroma && $0.isProgressive },
            { ($0.orientation ?? 0) >= 5 && $0.widthPixels != $0.heightPixels },
            { $0.orientation == 3 },
        ]
        for kind in kinds {
            let index = try #require(smallIndexes(count: 1, of: images, where: kind).first)
            try expectHeader(of: images.render(index: index))
        }
    }

    @Test("Applying the EXIF orientation to the stored pixels gives the picture as shown", arguments: 1...8)
    func orientationIsTheInverseOfStorage(orientation: Int) {
        let shown = numberedCanvas(width: 3, height: 2)
        let stored = shown.stored(orientation: orientation)
        #expect(redPixels(of: stored) == storedByOrientation[orientation - 1])
        #expect(stored.width == (orientation >= 5 ? 2 : 3))
    }

    // How the TIFF specification stores a picture whose rows are 0 1 2 and 10 11 12.
    private let storedByOrientation: [[UInt8]] = [
        [0, 1, 2, 10, 11, 12],
        [2, 1, 0, 12, 11, 10],
        [12, 11, 10, 2, 1, 0],
        [10, 11, 12, 0, 1, 2],
        [0, 10, 1, 11, 2, 12],
        [2, 12, 1, 11, 0, 10],
        [12, 2, 11, 1, 10, 0],
        [10, 0, 11, 1, 12, 2],
    ]

    private func numberedCanvas(width: Int, height: Int) -> Canvas {
        var canvas = Canvas(width: width, height: height)
        for y in 0..<height {
            for x in 0..<width {
                canvas.set(Color(red: Float(10 * y + x), green: 0, blue: 0), x: x, y: y)
            }
        }
        return canvas
    }

    private func redPixels(of canvas: Canvas) -> [UInt8] {
        stride(from: 0, to: canvas.pixels.count, by: 3).map { canvas.pixels[$0] }
    }

    private func expectHeader(of image: SampleImage) throws {
        let recipe = image.recipe
        let jpeg = image.jpeg
        #expect(jpeg.starts(with: [0xFF, 0xD8, 0xFF, recipe.orientation == nil ? 0xE0 : 0xE1]))
        #expect(jpeg.suffix(2) == [0xFF, 0xD9])
        if let orientation = recipe.orientation {
            #expect(jpeg[6..<10].elementsEqual("Exif".utf8))
            #expect(jpeg[6 + 24] == UInt8(orientation))
        }
        let frame = try #require(frameHeader(of: jpeg), "no start of frame in \(recipe.name)")
        let swapsSides = (recipe.orientation ?? 1) >= 5
        #expect(frame.isProgressive == recipe.isProgressive)
        #expect(frame.width == (swapsSides ? recipe.heightPixels : recipe.widthPixels))
        #expect(frame.height == (swapsSides ? recipe.widthPixels : recipe.heightPixels))
        #expect(frame.components == (recipe.isGrayscale ? 1 : 3))
        if !recipe.isGrayscale { #expect(frame.lumaSampling == (recipe.halvesChroma ? 0x22 : 0x11)) }
    }

    private struct FrameHeader {
        let isProgressive: Bool
        let width: Int
        let height: Int
        let components: Int
        let lumaSampling: UInt8
    }

    /// Walks the segments up to SOF0 or SOF2.
    private func frameHeader(of jpeg: [UInt8]) -> FrameHeader? {
        var place = 2
        while place + 12 < jpeg.count, jpeg[place] == 0xFF {
            let marker = jpeg[place + 1]
            if marker == 0xC0 || marker == 0xC2 {
                return FrameHeader(
                    isProgressive: marker == 0xC2,
                    width: Int(jpeg[place + 7]) << 8 | Int(jpeg[place + 8]),
                    height: Int(jpeg[place + 5]) << 8 | Int(jpeg[place + 6]),
                    components: Int(jpeg[place + 9]),
                    lumaSampling: jpeg[place + 11]
                )
            }
            place += 2 + (Int(jpeg[place + 2]) << 8 | Int(jpeg[place + 3]))
        }
        return nil
    }
}
