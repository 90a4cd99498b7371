import CPenstockImage
import PenstockCore
import PenstockStages
import Testing

@Suite("Decode", .tags(.native), .enabled(if: RealData.isPresent, RealData.reason))
struct DecodeGoldenTests {
    @Test("Every file of realdata gives Pillow's bytes, or is refused where Pillow refuses it")
    func everyFileIsAsExpected() throws {
        let cases = try RealData.golden("image_decode.csv").map { try DecodeCase($0) }
        #expect(cases.count > 480)
        let decoder = try RawDecoder()
        var pixels: [UInt8] = []
        var counts: [String: Int] = [:]
        for item in cases {
            let outcome = decoder.decode(try RealData.bytes(item.path), into: &pixels)
            let kind = item.expectation.prefix { $0 != ":" }
            counts[String(kind), default: 0] += 1
            switch kind {
            case "equal" where item.isRefusedByPillow: item.expectRefused(outcome)
            case "equal":
                item.expectDecoded(outcome)
                #expect(fnv1a64(pixels, count: outcome.width * outcome.height * 3) == item.hash, "\(item.path)")
            // By how many levels, scripts/goldens/image_compare.py measures: the golden keeps no pixels.
            case "within", "differs", "decoded": item.expectDecoded(outcome)
            case "refused": item.expectRefused(outcome)
            default: Issue.record("\(item.path): what is \"\(item.expectation)\"?")
            }
        }
        #expect(counts == ["equal": 481, "differs": 2, "decoded": 3, "refused": 5])
    }

    @Test("Photographs through the stage are Pillow's resize to 256 and crop of 224, byte for byte")
    func photographsAreEqualAfterResize() throws {
        let cases = try RealData.golden("image_decode.csv").filter { $0["resized_hash"]?.isEmpty == false }
        #expect(cases.count == 123)
        let paths = cases.compactMap { $0["path"] }
        let files = try paths.map { (path: $0, bytes: try RealData.bytes($0)) }
        let output = try DecodeImagesTransform.test().applied(to: .files(files))
        #expect(output.failures.isEmpty)
        let block = try #require(output.blocks.first)
        #expect(try block.strings("path").texts == paths)
        let images = try block.tensorUInt8("image")
        #expect(images.shape == [123, 224, 224, 3])
        for (row, item) in cases.enumerated() {
            #expect(fnv1a64(images.slice(row..<row + 1).elements.array) == item["resized_hash"], "\(paths[row])")
        }
    }

    @Test("A name says nothing: a PNG that is called .jpg is decoded as what it is")
    func contentDecidesTheFormat() throws {
        let png = try RealData.bytes("odd/sharp/2x2_fdcce6.png")
        let output = try DecodeImagesTransform.test().applied(to: .files([("photo.jpg", png), ("no-ending", png)]))
        #expect(output.failures.isEmpty)
        #expect(output.blocks.first?.rowCount == 2)
    }
}

/// One row of Goldens/image_decode.csv.
private struct DecodeCase {
    let path: String
    let width: Int
    let height: Int
    let hash: String
    let expectation: String
    let isRefusedByPillow: Bool

    init(_ row: [String: String]) throws {
        path = try #require(row["path"])
        width = row["width"].flatMap { Int($0) } ?? 0
        height = row["height"].flatMap { Int($0) } ?? 0
        hash = row["hash"] ?? ""
        expectation = try #require(row["expectation"])
        isRefusedByPillow = row["pillow_error"] != ""
    }

    func expectRefused(_ outcome: RawDecoder.Outcome) {
        #expect(outcome.status != PENSTOCK_IMAGE_OK, "\(path) was decoded")
        #expect(outcome.status != PENSTOCK_IMAGE_INVALID_ARGUMENT, "\(path): \(outcome.message)")
        #expect(outcome.message.count > 10, "\(path) has no cause")
    }

    func expectDecoded(_ outcome: RawDecoder.Outcome) {
        #expect(outcome.status == PENSTOCK_IMAGE_OK, "\(path): \(outcome.message)")
        if isRefusedByPillow { return }
        #expect((outcome.width, outcome.height) == (width, height), "\(path)")
    }
}
