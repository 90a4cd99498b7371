import Penstock
import PenstockSamples

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The temporary folder of a tour: images, lists, what steps write.
///
/// Nothing of it stays.
final class TourFiles: Sendable {
    /// The folder.
    let path: String

    init() throws {
        let name = "penstock-tour-\(UUID().uuidString)"
        path = FileManager.default.temporaryDirectory.appending(path: name).path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { remove() }

    /// Removes everything.
    func remove() {
        do { try FileManager.default.removeItem(atPath: path) } catch {
            // It is gone already, or it lies in the system's temporary folder, which the system empties.
        }
    }

    /// A path inside.
    func callAsFunction(_ relative: String) -> String { "\(path)/\(relative)" }

    /// Writes a file whole.
    func write(_ text: String, to relative: String) throws {
        try Data(text.utf8).write(to: URL(filePath: self(relative)), options: .atomic)
    }

    /// Draws sample images, two of them broken as real folders have them; returns their paths in order.
    ///
    /// - Throws: `SampleError`; `CancellationError` when the task was cancelled.
    func drawSamples(_ count: Int) async throws -> [String] {
        let images = try SampleImages(count: count)
        let folder = try SampleFolder(path: self("samples"), images: images)
        guard try await SamplesCommand.draw(folder), try folder.finish() else { throw CancellationError() }
        let paths = (0..<count).map { "\(folder.imagesPath)/\(images.recipe(at: $0).name)" }
        guard count > 8 else { return paths }
        try Self.truncate(paths[3])
        try Data("This is no image.\n".utf8).write(to: URL(filePath: paths[count - 2]))
        return paths
    }

    /// Leaves a file's first half, as a download that broke off does.
    private static func truncate(_ path: String) throws {
        let file = URL(filePath: path)
        let data = try Data(contentsOf: file)
        try Data(data.prefix(data.count / 2)).write(to: file)
    }
}
