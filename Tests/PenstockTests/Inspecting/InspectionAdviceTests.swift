import PenstockCore
import Testing

@testable import Penstock

@Suite("Advice of an inspection")
struct InspectionAdviceTests {
    /// An inspection of 1,000 images, of which some are odd.
    private func inspection(_ change: (inout ImageInspection) -> Void = { _ in }) -> ImageInspection {
        var inspection = ImageInspection(maxPixels: 100, resize: 256)
        inspection.files = 1000
        inspection.opened = 1000
        var probe = InspectionProbe()
        probe.images = 256
        (probe.readFiles, probe.readPacked, probe.decodeExact, probe.decodeFast) = (20_000, 40_000, 1000, 1000)
        inspection.probe = probe
        change(&inspection)
        return inspection
    }

    @Test("Nothing is advised where nothing is to be gained; and that packing gains nothing is said")
    func nothing() {
        #expect(inspection().advice.count == 1)
        #expect(inspection().advice[0].hasPrefix("Packing (penstock pack) would gain nothing here"))
        #expect(inspection { $0.probe = nil }.advice.isEmpty)
    }

    @Test(
        "Packing gains what reading holds up decoding",
        arguments: [
            (500.0, 40_000.0, "up to 100 %"), (500, 750, "up to 50 %"), (990, 40_000, "nothing"), (900, 800, "nothing"),
        ]
    )
    func packing(files: Double, packed: Double, expected: String) {
        let advice = inspection {
            $0.probe?.readFiles = files
            $0.probe?.readPacked = packed
        }.advice
        #expect(advice.contains { $0.contains(expected) }, "\(advice)")
    }

    @Test("Fast resizing is advised where large JPEGs are decoded faster by it")
    func fast() {
        func advice(_ large: Int, _ rate: Double) -> [String] {
            inspection {
                $0.largeJPEGs = large
                $0.probe?.decodeFast = rate
            }.advice
        }
        let text = advice(850, 2500)
        #expect(text.contains { $0.hasPrefix("85 % of the images") && $0.contains("2500 instead of 1000") }, "\(text)")
        #expect(advice(0, 2500).count == 1)
        #expect(advice(850, 1020).count == 1)
    }

    @Test("Odd files are told, and when they would stop a run; repeated paths and turned images likewise")
    func facts() {
        #expect(inspection { $0.oddFiles = 10 }.advice[0].hasPrefix("10 of 1000 files will be quarantined"))
        #expect(!inspection { $0.oddFiles = 10 }.advice[0].contains("--max-bad-rows"))
        #expect(inspection { $0.oddFiles = 11 }.advice[0].contains("--max-bad-rows"))
        #expect(inspection { $0.repeatedPaths = 1 }.advice[0].hasPrefix("1 path is listed again"))
        #expect(
            inspection { $0.orientations = ["1": 5, "6": 2] }.advice.last?.hasPrefix("2 images have an EXIF") == true
        )
    }

    @Test("Values are counted in the range that they lie in, edges belong to the range above")
    func histogram() {
        var histogram = Histogram(edges: [1, 10])
        for value in [0, 0.9, 1, 9, 10, 1e30, -5] { histogram.add(value) }
        #expect(histogram.counts == [3, 2, 2])
    }
}
