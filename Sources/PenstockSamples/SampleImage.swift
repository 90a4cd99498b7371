/// One finished sample image.
package struct SampleImage: Sendable {
    /// What was drawn and how it was encoded.
    package let recipe: SampleRecipe
    /// The whole JPEG file.
    package let jpeg: [UInt8]
}
