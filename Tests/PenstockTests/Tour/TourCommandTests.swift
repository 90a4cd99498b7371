import Foundation
import Testing

@Suite("Command line: tour", .tags(.native), .serialized, .timeLimit(.minutes(15)))
struct TourCommandTests {
    @Test("a small tour runs from end to end, writes both reports and leaves nothing behind")
    func smallTour() throws {
        let folder = try TemporaryFolder()
        let model = try Models.tiny(folder)
        try folder.folder("tmp")
        let ending = try Program.run(
            [
                "tour", "--quick", "--count", "20", "--rounds", "1", "--model", model, "--html", "tour.html", "--json",
                "tour.json",
            ],
            in: folder,
            ["TMPDIR": folder("tmp")]
        )
        #expect(ending.status == 0, "\(ending.error)")
        for phase in 1...4 { #expect(ending.output.contains("Phase \(phase):")) }
        #expect(ending.output.contains("1 false row (class -1)") || ending.output.contains("2 false rows (class -1)"))
        #expect(ending.output.contains("too few pairs"))
        let html = try String(contentsOfFile: folder("tour.html"), encoding: .utf8)
        #expect(html.hasSuffix("</html>\n") && html.contains("Each mistake alone"))
        let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: folder("tour.json"))))
        let alone = try #require((json as? [String: Any])?["alone"] as? [[String: Any]])
        #expect(alone.allSatisfy { ($0["rate"] as? Double ?? 0) > 0 && ($0["peak_bytes"] as? Int ?? 0) > 1 << 20 })
        #expect(try folder.entries("tmp") == [])
    }

    #if os(Linux)
        @Test("an interrupted tour ends with 130 and removes its temporary files")
        func interrupted() throws {
            let folder = try TemporaryFolder()
            let model = try Models.tiny(folder)
            try folder.folder("tmp")
            let error = Pipe()
            let process = try Program.start(
                ["tour", "--count", "16", "--model", model],
                in: folder,
                ["TMPDIR": folder("tmp")],
                output: FileHandle.nullDevice,
                error: error
            )
            var words = ""
            // The first line of the waterfall: a step is running.
            while !words.contains("fixes: how many images, 2") {
                let data = error.fileHandleForReading.availableData
                if data.isEmpty { break }
                words += String(decoding: data, as: UTF8.self)
            }
            #expect(try folder.entries("tmp").contains { $0.hasPrefix("penstock-tour-") })
            process.interrupt()
            process.waitUntilExit()
            words += String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            #expect(process.status == 130, "\(words)")
            #expect(words.contains("nothing of it stays"))
            #expect(try folder.entries("tmp") == [])
        }
    #endif

    @Test("a step that fails is told with its mistakes and the reason")
    func failedStep() throws {
        let folder = try TemporaryFolder()
        try folder.file("model.onnx", text: "no model")
        let ending = try Program.run(["tour", "--count", "16", "--model", "model.onnx"], in: folder)
        #expect(ending.status == 1)
        #expect(ending.error.contains("over 16 images ended with code 1"))
    }
}
