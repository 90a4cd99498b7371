import Foundation
import Penstock
import Testing

@Suite("Command line: inspect", .serialized, .timeLimit(.minutes(10)))
struct InspectTests {
    private let job: SmallJob

    init() throws { job = try SmallJob(images: 40) }

    private func inspect(_ words: String...) throws -> Program.Ending {
        try Program.run(["inspect"] + words, in: job.folder)
    }

    @Test("Counts, formats, sizes, blocks and odd files are told, in words and as JSON")
    func summary() throws {
        try job.folder.file("images/page.jpg", text: "<!DOCTYPE html>")
        try job.folder.file("images/cut.png", [137, 80, 78, 71, 13, 10, 26, 10, 0, 0])
        try job.folder.file("images/empty.jpg", [])
        let ending = try inspect("images", "--json", "i.json")
        #expect(ending.status == 0, "\(ending.error)")
        for words in [
            "43 files", "BMP", "HTML", "12 to 12", "records", "megapixels", "Odd files", "images/page.jpg",
            "3 of 43 files will be quarantined", "more than the usual --max-bad-rows",
        ] { #expect(ending.output.contains(words), "\(words) in \(ending.output)") }
        let text = try String(contentsOfFile: job.folder("i.json"), encoding: .utf8)
        let json = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(json["files"] as? Int == 43 && json["odd_files"] as? Int == 3)
        let blocks = try #require(json["blocks"] as? [String: Any])
        // 43 files: the first blocks have 16, the last ones 8, fewer of the former the more cores there are.
        #expect((3...6).contains(blocks["count"] as? Int ?? 0))
        let probe = try #require(json["probe"] as? [String: Any])
        #expect(probe["images"] as? Int == 40)
        for rate in ["read_files", "read_packed", "decode_exact", "decode_fast"] {
            #expect((probe[rate] as? Double ?? 0) > 0, "\(rate)")
        }
    }

    @Test("Blocks are those of a run")
    func blocks() async throws {
        var options = RunOptions()
        options.cores = .value(2)
        let inspection = try await ImageInspection.scan([job.folder("images")], run: options)
        let report = try await job.write()
        options.batchSize = .value(4)
        let small = try await ImageInspection.scan([job.folder("images")], run: options)
        #expect(small.blocks.count == report.stages.first { $0.name == "list" }?.blocksOut)
        #expect(inspection.blocks.rows.max == 16 && inspection.blocks.count == 4)
    }

    @Test("Paths that are listed again are counted; without a probe nothing is measured")
    func repeatedPaths() throws {
        let ending = try inspect("images", "images", "images/0001.bmp", "--no-probe")
        #expect(ending.output.contains("listed again"), "\(ending.output)")
        #expect(!ending.output.contains("images/s"))
    }

    @Test("A path that is not there ends it with exit 1")
    func missing() throws {
        let ending = try inspect("nowhere")
        #expect(ending.status == 1 && ending.error.contains("nowhere"), "\(ending.error)")
    }

    @Test(
        "Hostile and damaged files end nothing",
        .tags(.native),
        .enabled(if: RealData.isPresent, RealData.reason)
    )
    func oddFiles() async throws {
        let inspection = try await ImageInspection.scan([RealData.path("odd")])
        #expect(inspection.files == 368)
        #expect(inspection.oddFiles > 20 && inspection.oddFiles < 368)
        #expect(inspection.formats["JPEG", default: 0] > 10)
    }

    @Test(
        "Photographs are told with their orientation and sizes, and large ones with what fast resizing gains",
        .tags(.native),
        .enabled(if: RealData.isPresent, RealData.reason)
    )
    func photographs() async throws {
        let inspection = try await ImageInspection.scan([RealData.path("images")])
        #expect(inspection.files == 123 && inspection.formats == ["JPEG": 123])
        #expect(inspection.widths.max > inspection.widths.min)
        #expect(inspection.orientations.values.reduce(0, +) == 123)
        let probe = try #require(inspection.probe)
        #expect(probe.images == 123 && probe.packingGain >= 1 && probe.fastGain >= 1)
    }
}
