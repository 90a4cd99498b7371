import PenstockPlan

/// Where in the resized image the model's input lies.
///
/// - Source: torchvision 0.2x `Resize(short)` (the long side is truncated) and `CenterCrop` (offset rounded, ties to even).
struct ResizeGeometry: Equatable {
    let resizedWidth: Int
    let resizedHeight: Int
    let cropX: Int
    let cropY: Int
    let crop: Int

    /// Geometry for an upright image of `width` × `height` pixels, both at least 1.
    init(width: Int, height: Int, preprocessing: Preprocessing) {
        let short = preprocessing.resize
        if width <= height {
            resizedWidth = short
            resizedHeight = Int(Double(short) * Double(height) / Double(width))
        } else {
            resizedWidth = Int(Double(short) * Double(width) / Double(height))
            resizedHeight = short
        }
        crop = preprocessing.crop
        cropX = Int((Double(resizedWidth - crop) / 2).rounded(.toNearestOrEven))
        cropY = Int((Double(resizedHeight - crop) / 2).rounded(.toNearestOrEven))
    }
}
