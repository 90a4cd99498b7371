import CPenstockImage
import PenstockCore
import PenstockPlan
import Testing

@testable import PenstockStages

@Suite("Orientation", .tags(.native), .enabled(if: RealData.isPresent, RealData.reason))
struct OrientationTests {
    /// Where a pixel of the upright picture lies in the stored one of `width` × `height`, for EXIF orientations 1 to 8.
    private static func stored(_ orientation: Int, _ x: Int, _ y: Int, _ width: Int, _ height: Int) -> (x: Int, y: Int)
    {
        switch orientation {
        case 2: (width - 1 - x, y)
        case 3: (width - 1 - x, height - 1 - y)
        case 4: (x, height - 1 - y)
        case 5: (y, x)
        case 6: (y, height - 1 - x)
        case 7: (width - 1 - y, height - 1 - x)
        case 8: (width - 1 - y, x)
        default: (x, y)
        }
    }

    /// A photograph whose EXIF data says 6, changed to say something else.
    private func photograph(_ orientation: Int) throws -> [UInt8] {
        var file = try RealData.bytes("images/n02951585_can_opener.JPEG")
        // Tag 0x0112, one short number, big-endian.
        let entry = try #require(file.firstRange(of: [1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6]))
        file[entry.upperBound - 1] = UInt8(orientation)
        return file
    }

    @Test("A picture is turned upright as its EXIF data says", arguments: 1...8)
    func everyOrientation(orientation: Int) throws {
        let file = try photograph(orientation)
        let decoder = try RawDecoder()
        var (raw, upright): ([UInt8], [UInt8]) = ([], [])
        let before = decoder.decode(file, into: &raw)
        let after = decoder.decode(file, into: &upright, appliesOrientation: true)
        let isTurned = orientation >= 5
        #expect(after.width == (isTurned ? before.height : before.width))
        #expect(after.height == (isTurned ? before.width : before.height))
        for y in stride(from: 0, to: after.height, by: 7) {
            for x in stride(from: 0, to: after.width, by: 11) {
                let place = Self.stored(orientation, x, y, before.width, before.height)
                let (here, there) = (3 * (y * after.width + x), 3 * (place.y * before.width + place.x))
                guard upright[here..<here + 3] == raw[there..<there + 3] else {
                    Issue.record("pixel \(x), \(y)")
                    return
                }
            }
        }
    }

    @Test(
        "The stage resizes the upright picture, and the stored one when orientation is ignored",
        arguments: [1, 3, 6, 8]
    )
    func stageAppliesOrientation(orientation: Int) throws {
        let file = try photograph(orientation)
        for policy in OrientationPolicy.allCases {
            let stage = DecodeImagesTransform.test(orientation: policy)
            let block = try #require(try stage.applied(to: .files([("a.jpg", file)])).blocks.first)
            let expected = try resized(file, appliesOrientation: policy == .apply)
            #expect(try fnv1a64(block.tensorUInt8("image").elements.array) == fnv1a64(expected), "\(policy)")
        }
    }

    /// The whole frame first, then resize and crop.
    private func resized(_ file: [UInt8], appliesOrientation: Bool) throws -> [UInt8] {
        let decoder = try RawDecoder()
        var frame: [UInt8] = []
        let size = decoder.decode(file, into: &frame, appliesOrientation: appliesOrientation)
        let geometry = ResizeGeometry(width: size.width, height: size.height, preprocessing: .torchvision)
        var target = penstock_image_target(
            resized_width: UInt32(geometry.resizedWidth),
            resized_height: UInt32(geometry.resizedHeight),
            crop_x: UInt32(geometry.cropX),
            crop_y: UInt32(geometry.cropY),
            crop_width: 224,
            crop_height: 224,
            apply_exif: false,
            quality: PENSTOCK_IMAGE_QUALITY_EXACT
        )
        var out = [UInt8](repeating: 0, count: 224 * 224 * 3)
        var text = [CChar](repeating: 0, count: 256)
        let status = penstock_image_resize_rgb(
            decoder.raw,
            frame,
            frame.count,
            UInt32(size.width),
            UInt32(size.height),
            &target,
            &out,
            out.count,
            &text,
            text.count
        )
        #expect(status == PENSTOCK_IMAGE_OK)
        return out
    }
}
