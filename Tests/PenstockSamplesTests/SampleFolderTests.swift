import Foundation
import Testing

@testable import PenstockSamples

@Suite("Folder of sample images")
struct SampleFolderTests {
    @Test("A complete set is the images, the labels file and the table that names every image once")
    func completeSet() throws {
        try withTemporaryFolder { path in
            let images = try SampleImages(seed: 11, count: 3)
            let folder = try SampleFolder(path: path + "/a/b", images: images)
            try folder.drawImages { false }
            #expect(try folder.finish())
            #expect(folder.progress == .init(drawn: 3, total: 3))
            let table = try String(contentsOfFile: path + "/a/b/labels.csv", encoding: .utf8)
            let rows = table.split(separator: "\n").map { $0.split(separator: ",").map(String.init) }
            #expect(rows.first == ["file", "index", "label"])
            for (index, row) in rows.dropFirst().enumerated() {
                let recipe = images.recipe(at: index)
                #expect(row == ["images/\(recipe.name)", String(recipe.label.rawValue), recipe.label.name])
                let bytes = try Data(contentsOf: URL(filePath: path + "/a/b/" + row[0]))
                #expect(try Array(bytes) == images.render(index: index).jpeg)
            }
            #expect(try contents(path + "/a/b") == ["images", "labels.csv", "labels.txt"])
            #expect(try contents(folder.imagesPath).count == 3)
        }
    }

    @Test("Several threads draw each image once")
    func threadsShareTheWork() throws {
        try withTemporaryFolder { path in
            let folder = try SampleFolder(path: path, images: SampleImages(seed: 12, count: 4))
            DispatchQueue.concurrentPerform(iterations: 3) { _ in
                do { try folder.drawImages { false } } catch { Issue.record(error) }
            }
            #expect(try folder.finish())
            #expect(try contents(folder.imagesPath).count == 4)
        }
    }

    @Test("Stopping early leaves whole images only and no mark of a complete set")
    func stoppingLeavesNoPartialFile() throws {
        try withTemporaryFolder { path in
            let folder = try SampleFolder(path: path, images: SampleImages(seed: 11, count: 50))
            try folder.drawImages { folder.progress.drawn == 1 }
            #expect(try folder.finish() == false)
            #expect(try contents(path) == ["images"])
            #expect(try contents(folder.imagesPath).allSatisfy { $0.hasSuffix(".jpg") })
            #expect(folder.progress.drawn == 1)
        }
    }

    @Test("A folder that holds images is refused, or its sample images replaced and other files kept")
    func existingImages() throws {
        try withTemporaryFolder { path in
            let images = try SampleImages(count: 1)
            let folder = Folder(path: path + "/images")
            try folder.create()
            for name in ["00007_wavy-heart.jpg", "00008_wavy-heart.jpg.part", "holiday.jpg", "00007_cat.jpg"] {
                try OutputFile.save([1], to: "\(folder.path)/\(name)")
            }
            try OutputFile.save([1], to: path + "/labels.csv")
            let error = #expect(throws: SampleError.self) { try SampleFolder(path: path, images: images) }
            #expect(error?.code == .outputExists)
            _ = try SampleFolder(path: path, images: images, existing: .replace)
            #expect(try contents(path) == ["images"])
            #expect(try contents(folder.path) == ["00007_cat.jpg", "holiday.jpg"])
        }
    }

    @Test("A failure ends the work of every thread, not only of the one that met it")
    func failureStopsEveryThread() throws {
        try withTemporaryFolder { path in
            let folder = try SampleFolder(path: path, images: SampleImages(count: 50))
            try FileManager.default.removeItem(atPath: folder.imagesPath)
            let error = #expect(throws: SampleError.self) { try folder.drawImages { false } }
            #expect(error?.description.contains("No such file or directory") == true)
            try folder.drawImages { false }
            #expect(try folder.finish() == false)
        }
    }

    @Test("A path through a file is refused with the system's reason")
    func pathThroughAFile() throws {
        try withTemporaryFolder { path in
            try OutputFile.save([1], to: path + "/file")
            let images = try SampleImages(count: 1)
            let error = #expect(throws: SampleError.self) { try SampleFolder(path: path + "/file/x", images: images) }
            #expect(error?.description.contains("Not a directory") == true)
        }
    }

    @Test("A file that is not committed leaves nothing behind")
    func abandonedFileIsRemoved() throws {
        try withTemporaryFolder { path in
            func abandon() throws {
                let file = try OutputFile(path: path + "/x")
                try file.append([1, 2, 3])
            }
            try abandon()
            #expect(try contents(path).isEmpty)
        }
    }

    private func contents(_ path: String) throws -> [String] {
        try Folder(path: path).names().sorted()
    }
}

/// Runs `body` with the path of a fresh folder, which is removed afterwards.
func withTemporaryFolder(_ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.path + "/penstock-samples-\(UUID().uuidString)"
    try Folder(path: path).create()
    defer {
        do { try FileManager.default.removeItem(atPath: path) } catch { Issue.record(error) }
    }
    try body(path)
}
