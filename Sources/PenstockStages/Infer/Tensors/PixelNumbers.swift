import PenstockCore
import PenstockPlan

/// How u8 images become the numbers of one input among several; a model's only input has this in its compiled graph.
struct PixelNumbers: Sendable, Hashable {
    let image: ImageInput
    /// `[3, height, width]` instead of `[height, width, 3]`.
    let isChannelsFirst: Bool

    /// Shape of a row.
    var rowShape: [Int] { isChannelsFirst ? [3, image.height, image.width] : [image.height, image.width, 3] }

    /// `(x - mean) / scale` in the model's order of channels and axes.
    ///
    /// - Cost: four bytes for each byte of the images, for as long as the batch.
    func tensor(_ pixels: Tensor<UInt8>) -> Tensor<Float> {
        let area = image.height * image.width
        var numbers = MutableBuffer<Float>(count: pixels.elements.count)
        let order = image.channels == .bgr ? [2, 1, 0] : [0, 1, 2]
        pixels.elements.withSpan { source in
            numbers.withMutableSpan { target in
                for row in 0..<pixels.rowCount {
                    for channel in 0..<3 {
                        let (mean, scale, from) = (image.mean[channel], image.scale[channel], order[channel])
                        for place in 0..<area {
                            let index = isChannelsFirst ? channel * area + place : place * 3 + channel
                            let value = Float(source[row * area * 3 + place * 3 + from])
                            target[row * area * 3 + index] = (value - mean) / scale
                        }
                    }
                }
            }
        }
        return Tensor(shape: [pixels.rowCount] + rowShape, elements: numbers.freeze())
    }
}
