import Testing

@testable import PenstockSamples

@Suite("Sample images")
struct SampleImagesTests {
    @Test("The same seed and index give the same bytes, in whatever order they are asked for")
    func sameBytesInAnyOrder() throws {
        let small = try smallIndexes(count: 3, of: SampleImages(seed: 7, count: 200))
        let forwards = try small.map { try SampleImages(seed: 7, count: 200).render(index: $0).jpeg }
        // A larger set of the same seed begins with the same images.
        let backwards = try small.reversed().map { try SampleImages(seed: 7, count: 5_000).render(index: $0).jpeg }
        #expect(forwards == backwards.reversed())
    }

    @Test("Pixels of a known image stay what they were when the trained model was made")
    func knownPixels() throws {
        // The canvas, not the file, whose bytes may differ between versions of libjpeg. If a change of the drawing is
        // meant, train the model of Models/ again and put the new sum here.
        let images = try SampleImages(seed: SampleImages.defaultSeed, count: 2_000)
        let index = try #require(smallIndexes(count: 1, of: images).first)
        let pixels = Scene(recipe: images.recipe(at: index)).paint().pixels
        #expect(checksum(pixels) == 13_459_472_975_248_893_954)
    }

    @Test("Another seed gives other images")
    func seedsDiffer() throws {
        let first = try SampleImages(seed: 1, count: 50)
        let second = try SampleImages(seed: 2, count: 50)
        #expect((0..<50).allSatisfy { first.recipe(at: $0).drawingSeed != second.recipe(at: $0).drawingSeed })
    }

    @Test("Each run of ten images shows each class once, not always in the same order")
    func classesAreBalanced() throws {
        let images = try SampleImages(count: 1_000)
        let runs = (0..<100).map { run in (0..<10).map { images.recipe(at: run * 10 + $0).label } }
        #expect(runs.allSatisfy { Set($0).count == 10 })
        #expect(Set(runs).count > 90)
    }

    @Test("Sides are within 150 and 1200 pixels, 500 by 400 on average, and some images are narrow strips")
    func sizesAreInRange() throws {
        let recipes = try recipes(count: 4_000)
        #expect(recipes.allSatisfy { (150...1_200).contains($0.widthPixels) })
        #expect(recipes.allSatisfy { (150...1_200).contains($0.heightPixels) })
        let long = recipes.map { max($0.widthPixels, $0.heightPixels) }
        let short = recipes.map { min($0.widthPixels, $0.heightPixels) }
        #expect(abs(long.reduce(0, +) / recipes.count - 500) < 25)
        #expect(abs(short.reduce(0, +) / recipes.count - 400) < 30)
        #expect(zip(long, short).contains { $0 > 4 * $1 })
        #expect(recipes.contains { $0.widthPixels < $0.heightPixels })
    }

    @Test("Every way of encoding occurs about as often as documented")
    func encodingsOccurAsDocumented() throws {
        let recipes = try recipes(count: 4_000)
        func percent(_ condition: (SampleRecipe) -> Bool) -> Int {
            recipes.count(where: condition) * 100 / recipes.count
        }
        #expect((8...12).contains(percent { $0.isGrayscale }))
        #expect((8...12).contains(percent { $0.orientation != nil }))
        #expect((55...65).contains(percent { $0.halvesChroma }))
        #expect((12...18).contains(percent { $0.isProgressive }))
        #expect(Set(recipes.compactMap(\.orientation)) == Set(2...8))
        #expect(Set(recipes.map(\.quality)) == Set(60...95))
    }

    @Test("A set of no images, or of more than the limit, is refused with the limit", arguments: [0, -5, 10_000_001])
    func impossibleCountsAreRefused(count: Int) {
        let error = #expect(throws: SampleError.self) { try SampleImages(count: count) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.description.contains("10000000") == true)
    }

    @Test("Names carry position and class, and go on past five digits")
    func namesCarryPositionAndClass() throws {
        let images = try SampleImages(count: 200_000)
        let early = images.recipe(at: 42)
        let late = images.recipe(at: 123_456)
        #expect(early.name == "00042_\(early.label.name).jpg")
        #expect(late.name == "123456_\(late.label.name).jpg")
    }

    @Test("The labels file names class n on line n")
    func labelsFileIsInClassOrder() {
        let lines = SampleClass.labelsFile.split(separator: "\n")
        #expect(lines.count == 10)
        #expect(lines.enumerated().allSatisfy { SampleClass(rawValue: $0)?.name == String($1) })
        #expect(SampleClass.labelsFile.hasSuffix("\n"))
    }

    private func recipes(count: Int) throws -> [SampleRecipe] {
        let images = try SampleImages(count: count)
        return (0..<count).map { images.recipe(at: $0) }
    }
}

/// The first images of a set that are quick to draw in a debug build.
func smallIndexes(
    count: Int,
    of images: SampleImages,
    where condition: (SampleRecipe) -> Bool = { _ in true }
) -> [Int] {
    var small: [Int] = []
    for index in 0..<images.count where small.count < count {
        let recipe = images.recipe(at: index)
        if recipe.widthPixels * recipe.heightPixels < 40_000 && condition(recipe) { small.append(index) }
    }
    return small
}

/// FNV-1a, 64 bits.
func checksum(_ bytes: [UInt8]) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
}
