import Foundation
import Penstock
import PenstockStages
import Testing

@Suite(
    "Command line: inspect and pack on a store",
    .serialized,
    .timeLimit(.minutes(10)),
    .enabled(if: StoreServer.isPresent, StoreServer.reason)
)
struct StoreInspectingTests {
    private let job: SmallJob

    init() throws { job = try SmallJob(images: 20) }

    private func penstock(_ arguments: String...) throws -> Program.Ending {
        let ending = try Program.run(arguments, in: job.folder)
        #expect(!(ending.output + ending.error).contains("secret"), "keys are never printed")
        return ending
    }

    private func put(_ bytes: [UInt8], _ path: String) throws {
        try ArrowFileStore(Location(StoreServer.location("private"))).write(bytes, to: "private/\(path)")
    }

    /// Puts the job's images below a place of the bucket `private`.
    private func putImages(_ place: String) throws {
        for image in job.images {
            let url = URL(filePath: image)
            try put(Array(Data(contentsOf: url)), "\(place)/\(url.lastPathComponent)")
        }
    }

    /// Relative paths of all objects below a place of the bucket `private`.
    private func objects(_ place: String) throws -> [String] {
        let store = try ArrowFileStore(Location(StoreServer.location("private")))
        let listing = try store.listing(of: "private/\(place)", recursive: true)
        var found: [String] = []
        while let entries = try listing.next() {
            found += entries.filter { $0.kind == .file }.map { String($0.path.dropFirst("private/\(place)/".count)) }
        }
        return found.sorted()
    }

    /// Name and class of each prediction.
    private func classes(_ output: String) throws -> [String] {
        try writtenRows(job.folder(output)).map { row in
            "\(row.path.split(separator: "/").last ?? ""): \(row.predictedClass)"
        }.sorted()
    }

    private func classify(_ input: String, _ output: String, read: String = "auto") throws {
        let words = ["classify", input, "-m", "tiny.onnx", "--precision", "f32", "-o", output, "--read", read]
        let ending = try Program.run(words, in: job.folder)
        #expect(ending.status == 0, "\(ending.error)")
    }

    @Test("Objects are counted, and odd ones told, as files are")
    func inspect() throws {
        try putImages("inspected")
        try put(Array("<!DOCTYPE html>".utf8), "inspected/page.jpg")
        let ending = try penstock("inspect", StoreServer.location("private/inspected"), "--json", "i.json")
        #expect(ending.status == 0, "\(ending.error)")
        for words in ["21 files", "BMP", "HTML", "Odd files", "private/inspected/page.jpg"] {
            #expect(ending.output.contains(words), "\(words) in \(ending.output)")
        }
        try job.folder.file("images/page.jpg", text: "<!DOCTYPE html>")
        #expect(try penstock("inspect", "images", "--json", "local.json").status == 0)
        func figures(_ path: String) throws -> [String: Any] {
            let text = try Data(contentsOf: URL(filePath: job.folder(path)))
            return try #require(JSONSerialization.jsonObject(with: text) as? [String: Any])
        }
        let (remote, local) = (try figures("i.json"), try figures("local.json"))
        for key in ["files", "odd_files", "bytes", "formats", "widths", "heights", "file_bytes"] {
            let figure = try #require(remote[key] as? NSObject, "\(key)")
            #expect(figure == local[key] as? NSObject, "\(key)")
        }
        #expect(remote["files"] as? Int == 21)
    }

    @Test("A place without objects ends it with exit 1")
    func nothingThere() throws {
        let ending = try penstock("inspect", StoreServer.location("private/nothing-here"))
        #expect(ending.status == 1 && ending.error.contains("nothing-here"), "\(ending.error)")
    }

    @Test("Objects are packed into a folder and into a store; both give the predictions of the images")
    func pack() throws {
        try putImages("to-pack")
        let (source, store) = (
            try StoreServer.location("private/to-pack"), try StoreServer.location("private/packed")
        )
        #expect(try penstock("pack", source, "--output", "packed", "--rows-per-file", "8").status == 0)
        #expect(try partNames(job.folder("packed")).count == 3)
        let ending = try penstock("pack", source, "--output", store, "--rows-per-file", "8")
        #expect(ending.status == 0, "\(ending.error)")
        let names = try objects("packed")
        #expect(names.filter { $0.hasPrefix("part-") }.count == 3, "\(names)")
        #expect(!names.contains { $0.contains("tmp") } && names.contains("_penstock/report.json"), "\(names)")
        #expect(try StoreServer.openUploads == 0)
        try classify("images", "plain")
        try classify("packed", "from-folder")
        try classify(store, "from-store", read: "packed")
        let expected = try classes("plain")
        #expect(expected.count == 20)
        #expect(try classes("from-folder") == expected)
        #expect(try classes("from-store") == expected)
        let again = try penstock("pack", source, "--output", store)
        #expect(again.status == 2 && again.error.contains("s3://private/packed"), "\(again.error)")
    }

    #if os(Linux)
        @Test("Packing that is interrupted keeps what was finished, and leaves no temporary files")
        func interruptedPack() throws {
            try putImages("interrupted")
            let objects = try job.images.map { image in
                try StoreServer.location("private/interrupted/\(URL(filePath: image).lastPathComponent)")
            }
            // Far more rows than are done before the signal arrives: it is sent at the first finished file.
            let lines = (0..<500).flatMap { _ in objects }
            try job.folder.file("list.txt", text: lines.joined(separator: "\n"))
            try job.folder.folder("out")
            let environment = ["TMPDIR": try job.folder.folder("temporary")]
            let watch = try FolderWatch(job.folder("out"))
            let (output, error) = (Pipe(), Pipe())
            let arguments = ["pack", "list.txt", "--output", "out", "--rows-per-file", "10"]
            let process = try Program.start(arguments, in: job.folder, environment, output: output, error: error)
            #expect(watch.waitsForRename(orEndOf: output.fileHandleForReading))
            process.interrupt()
            process.waitUntilExit()
            let words = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            #expect(process.status == 130 && !words.contains("secret"), "\(words)")
            let report = try RunReport(contentsOf: job.folder("out"))
            #expect(report.outcome == .interrupted && report.rowsWritten > 0 && report.rowsWritten < lines.count)
            #expect(try Predictions(in: job.folder("out")).rowCount() == report.rowsWritten)
            #expect(!job.folder.exists("out/_penstock/tmp"))
            #expect(try !job.folder.entries("out").contains { $0.hasSuffix(".tmp") })
            #expect(try job.folder.entries("temporary").isEmpty)
        }
    #endif
}
