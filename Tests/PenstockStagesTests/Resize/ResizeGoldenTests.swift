import CPenstockImage
import Testing

@Suite("Resize")
struct ResizeGoldenTests {
    @Test("Every case of Pillow's own output is equal in every byte")
    func everyCaseIsEqualToPillow() throws {
        let cases = try RealData.golden("image_resize.csv").map { row in
            try ResizeCase(row)
        }
        #expect(cases.count >= 60)
        let decoder = try RawDecoder()
        for item in cases {
            #expect(try item.resized(decoder) == item.hash, "\(item)")
        }
    }

    @Test("A crop outside the resized image, an empty crop and a small buffer are refused, and nothing is written")
    func impossibleTargetsAreRefused() throws {
        let decoder = try RawDecoder()
        let source = [UInt8](repeating: 7, count: 8 * 6 * 3)
        let cases: [(x: UInt32, y: UInt32, width: UInt32, height: UInt32, room: Int)] = [
            (1, 0, 4, 4, 48), (0, 1, 4, 4, 48), (0, 0, 5, 4, 60), (0, 0, 0, 4, 48), (4, 4, 1, 1, 3), (0, 0, 4, 4, 47),
            (UInt32.max, 0, 2, 2, 12),
        ]
        for (x, y, width, height, room) in cases {
            var target = penstock_image_target(
                resized_width: 4,
                resized_height: 4,
                crop_x: x,
                crop_y: y,
                crop_width: width,
                crop_height: height,
                apply_exif: false,
                quality: PENSTOCK_IMAGE_QUALITY_EXACT
            )
            var out = [UInt8](repeating: 99, count: 64)
            var text = [CChar](repeating: 0, count: 256)
            let status = penstock_image_resize_rgb(
                decoder.raw,
                source,
                source.count,
                8,
                6,
                &target,
                &out,
                room,
                &text,
                text.count
            )
            #expect(status == PENSTOCK_IMAGE_INVALID_ARGUMENT, "crop \(width)x\(height) at \(x),\(y)")
            #expect(text[0] != 0)
            #expect(out.allSatisfy { $0 == 99 })
        }
    }
}

/// One row of Goldens/image_resize.csv.
private struct ResizeCase: CustomStringConvertible {
    let width: Int
    let height: Int
    let seed: Int
    let target: penstock_image_target
    let hash: String

    init(_ row: [String: String]) throws {
        func number(_ name: String) throws -> Int { try #require(row[name].flatMap { Int($0) }, "\(name) in \(row)") }
        width = try number("src_w")
        height = try number("src_h")
        seed = try number("seed")
        hash = try #require(row["hash"])
        target = penstock_image_target(
            resized_width: UInt32(try number("resized_w")),
            resized_height: UInt32(try number("resized_h")),
            crop_x: UInt32(try number("crop_x")),
            crop_y: UInt32(try number("crop_y")),
            crop_width: UInt32(try number("crop_w")),
            crop_height: UInt32(try number("crop_h")),
            apply_exif: false,
            quality: PENSTOCK_IMAGE_QUALITY_EXACT
        )
    }

    var description: String {
        "\(width)x\(height) to \(target.resized_width)x\(target.resized_height), crop "
            + "\(target.crop_width)x\(target.crop_height) at \(target.crop_x),\(target.crop_y)"
    }

    func resized(_ decoder: borrowing RawDecoder) throws -> String {
        let pixels = source()
        var target = target
        var out = [UInt8](repeating: 0, count: Int(target.crop_width * target.crop_height) * 3)
        var text = [CChar](repeating: 0, count: 256)
        let status = penstock_image_resize_rgb(
            decoder.raw,
            pixels,
            pixels.count,
            UInt32(width),
            UInt32(height),
            &target,
            &out,
            out.count,
            &text,
            text.count
        )
        #expect(status == PENSTOCK_IMAGE_OK)
        return fnv1a64(out)
    }

    /// The picture that scripts/goldens/image_resize.py describes: noise in patches, gradients elsewhere.
    private func source() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: width * height * 3) { pixels, count in
            var state = UInt64(seed)
            var index = 0
            for y in 0..<height {
                for x in 0..<width {
                    let isNoise = (x / 16 &+ y / 16 &+ seed) % 3 == 0
                    for channel in 0..<3 {
                        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                        let noise = Int(truncatingIfNeeded: state >> 56)
                        let gradient = (x &* (channel &+ 1) &* 5 &+ y &* (3 &- channel) &* 3 &+ seed) & 255
                        pixels[index] = UInt8(truncatingIfNeeded: isNoise ? noise : (gradient &* 3 &+ noise) / 4)
                        index &+= 1
                    }
                }
            }
            count = index
        }
    }
}
