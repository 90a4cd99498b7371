/// A set of labelled JPEG images of textured shapes on cluttered backgrounds, the same for the same seed.
///
/// - Order: image `index` depends on the seed and the index only; threads may draw in any order.
/// - Source: pixels come from arithmetic that is exact in IEEE 754 (no function of the C library), so they are the same
///   on every machine; the files' bytes are the same for the same libjpeg version.
package struct SampleImages: Sendable {
    /// The seed of `penstock samples` and of the test set of `Models/shapes10.onnx`: never train on it.
    package static let defaultSeed: UInt64 = 1
    /// Largest count that can be asked for; at the mean size that is a terabyte.
    package static let maximumCount = 10_000_000

    /// Where all random numbers of the set start.
    package let seed: UInt64
    /// Number of images in the set.
    package let count: Int

    /// Describes a set; nothing is drawn.
    ///
    /// - Throws: `.invalidArgument` when `count` is not in 1...10 000 000.
    package init(seed: UInt64 = SampleImages.defaultSeed, count: Int) throws(SampleError) {
        guard (1...Self.maximumCount).contains(count) else {
            throw SampleError(
                .invalidArgument,
                "\(count) sample images can't be made; ask for 1 to \(Self.maximumCount)."
            )
        }
        self.seed = seed
        self.count = count
    }

    /// What image `index` shows and how it is encoded, without drawing it.
    ///
    /// Each run of ten images shows each class once, in an order of its own.
    package func recipe(at index: Int) -> SampleRecipe {
        precondition((0..<count).contains(index), "image \(index) of a set of \(count)")
        let classes = SampleClass.allCases
        let (run, place) = index.quotientAndRemainder(dividingBy: classes.count)
        var orderRandom = SeededRandom(seed: seed, stream: ~UInt64(run))
        let label = orderRandom.shuffled(classes)[place]
        var random = SeededRandom(seed: seed, stream: UInt64(index))
        return SampleRecipe(index: index, label: label, random: &random)
    }

    /// Draws and encodes image `index`.
    ///
    /// - Thread: any; keeps no state.
    /// - Cost: about 10 ms at the mean size of 500x412; a canvas of 3 bytes a pixel and the encoder's output.
    /// - Throws: `.encoding` when libjpeg refuses, which no recipe should cause.
    package func render(index: Int) throws(SampleError) -> SampleImage {
        let recipe = recipe(at: index)
        let canvas = Scene(recipe: recipe).paint()
        let jpeg = try JPEGEncoder(recipe: recipe).encode(canvas)
        return SampleImage(recipe: recipe, jpeg: jpeg)
    }
}
