public import PenstockCore

/// The order of colour channels that a model wants.
public enum ChannelOrder: String, Sendable, Hashable, Codable, CaseIterable {
    case rgb, bgr
}

/// How exactly images are resized.
public enum ResizeQuality: String, Sendable, Hashable, Codable, CaseIterable {
    /// Pillow's antialiased bilinear filter, byte for byte.
    case exact
    /// JPEGs are decoded at a fraction of their size first; a few levels off, much faster on large images.
    case fast
}

/// What happens to an image's EXIF orientation.
public enum OrientationPolicy: String, Sendable, Hashable, Codable, CaseIterable {
    /// The image is turned upright.
    case apply
    /// The image is used as stored, as Pillow and torchvision do.
    case ignore
}

/// From a decoded image to a model's input: resize the short side, crop the centre, normalise.
///
/// `y[c] = (x[c] / 255 - mean[c]) / std[c]`, where x is 0…255 and c counts in the model's channel order.
public struct Preprocessing: Sendable, Hashable, Codable {
    /// Length of the short side after resizing, in pixels.
    public var resize: Int
    /// Side of the square that is cut from the middle, in pixels; at most `resize`.
    public var crop: Int
    /// Mean per channel, in units of 0…1, in the model's channel order.
    public var mean: [Float]
    /// Standard deviation per channel, in units of 0…1, in the model's channel order.
    public var std: [Float]
    /// The order of channels that the model wants.
    public var channels: ChannelOrder

    /// Explicit preprocessing.
    public init(resize: Int, crop: Int, mean: [Float], std: [Float], channels: ChannelOrder) {
        self.resize = resize
        self.crop = crop
        self.mean = mean
        self.std = std
        self.channels = channels
    }

    /// Bytes of a decoded image: three for each pixel of the square.
    package var imageBytes: Int { 3 * crop * crop }

    /// Bytes that a decoded image is charged for in memory, with its path.
    package var rowBytes: Int { imageBytes + 256 }

    /// What torchvision's classification models are trained with.
    ///
    /// - Source: torchvision `ImageClassification` preset: resize 256, crop 224, ImageNet mean and std.
    public static let torchvision = Preprocessing(
        resize: 256,
        crop: 224,
        mean: [0.485, 0.456, 0.406],
        std: [0.229, 0.224, 0.225],
        channels: .rgb
    )

    /// What models from Caffe expect: BGR, 0…255, minus the mean (104, 117, 123).
    ///
    /// - Source: BVLC CaffeNet and SqueezeNet deployments.
    public static let caffe = Preprocessing(
        resize: 256,
        crop: 224,
        mean: [104 / 255.0, 117 / 255.0, 123 / 255.0],
        std: [1 / 255.0, 1 / 255.0, 1 / 255.0],
        channels: .bgr
    )

    /// What many Keras and TensorFlow models expect: RGB in -1…1.
    public static let inception = Preprocessing(
        resize: 256,
        crop: 224,
        mean: [0.5, 0.5, 0.5],
        std: [0.5, 0.5, 0.5],
        channels: .rgb
    )

    /// RGB in 0…1 without further normalisation.
    public static let unit = Preprocessing(resize: 256, crop: 224, mean: [0, 0, 0], std: [1, 1, 1], channels: .rgb)

    /// Presets by the names that `--preset` takes.
    public static let presets: [(name: String, value: Preprocessing)] = [
        ("torchvision", .torchvision), ("caffe", .caffe), ("inception", .inception), ("unit", .unit),
    ]

    /// Checks that the numbers make sense together.
    ///
    /// - Throws: a usage error that names the setting, its value and what is allowed.
    public func validate() throws(PlanError) {
        let limit = 16_384
        for (name, value) in [("resize", resize), ("crop", crop)] where value < 1 || value > limit {
            throw PlanError(
                "--\(name) \(value) is not a size: it must be between 1 and \(limit) pixels.",
                isUsage: true
            )
        }
        if crop > resize {
            throw PlanError(
                "--crop \(crop) is larger than --resize \(resize): the crop is cut from the resized image. Use --resize \(crop) or more.",
                isUsage: true
            )
        }
        for (name, values) in [("mean", mean), ("std", std)]
        where values.count != 3 || values.contains(where: { !$0.isFinite }) {
            throw PlanError("--\(name) needs three finite numbers, one per channel; got \(values).", isUsage: true)
        }
        if std.contains(0) { throw PlanError("--std \(std) contains 0, and pixels are divided by it.", isUsage: true) }
    }
}
