internal import Synchronization

/// A folder that a set of sample images is written to, by as many threads as the caller likes.
///
/// - Layout: `images/00042_striped-circle.jpg`…, `labels.txt` (line n names class n) and `labels.csv`
///   (`file,index,label`, the file relative to the folder). The images have a folder of their own so that a recursive
///   listing of it meets nothing else. `labels.csv` is written last: where it exists, the set is complete.
/// - Thread: `drawImages` may run on any number of threads at once; each takes the next image that nobody has taken.
package final class SampleFolder: Sendable {
    /// What has been done so far; all counts are of images.
    package struct Progress: Equatable, Sendable {
        /// Images whose files are in place.
        package let drawn: Int
        /// Images of the whole set.
        package let total: Int
    }

    /// Whether files of an earlier set may be replaced.
    package enum Existing: Sendable {
        /// Refuse a folder that holds images.
        case refuse
        /// Remove sample images of an earlier set first; files with other names stay.
        case replace
    }

    /// The folder's path, as given.
    package let path: String
    private let images: SampleImages
    private let nextIndex = Atomic(0)
    private let drawnCount = Atomic(0)

    /// Creates the folder.
    ///
    /// - Throws: `.outputExists` when `images/` holds anything and `existing` is `.refuse`; `.fileSystem`.
    package init(path: String, images: SampleImages, existing: Existing = .refuse) throws(SampleError) {
        self.path = path
        self.images = images
        let folder = Folder(path: path + "/images")
        try folder.create()
        let names = try folder.names()
        switch existing {
        case .refuse:
            guard names.isEmpty else {
                throw SampleError(
                    .outputExists,
                    "\"\(folder.path)\" already holds \(names.count) files; name another folder or pass --overwrite."
                )
            }
        case .replace:
            // The mark of a complete set goes first, so that an interrupted replacement does not look complete.
            let outer = Folder(path: path)
            if try outer.names().contains("labels.csv") { try outer.remove("labels.csv") }
            for name in names where Self.isSampleName(name) { try folder.remove(name) }
        }
    }

    /// The folder that holds the images only: what to classify.
    package var imagesPath: String { path + "/images" }

    /// How far the threads have come; never waits.
    package var progress: Progress {
        Progress(drawn: drawnCount.load(ordering: .relaxed), total: images.count)
    }

    /// Draws and writes images until none is left or `shouldStop` says so, asked before each image.
    ///
    /// - Thread: call it once on each thread that is to work. It blocks that thread, so never call it from a task.
    /// - Throws: `.fileSystem`, `.encoding`; the other threads then stop after their image at hand. Files already in
    ///   place stay; the image that failed leaves nothing.
    package func drawImages(until shouldStop: () -> Bool) throws(SampleError) {
        while !shouldStop() {
            let index = nextIndex.wrappingAdd(1, ordering: .relaxed).oldValue
            guard index < images.count else { return }
            do throws(SampleError) {
                let image = try images.render(index: index)
                try OutputFile.save(image.jpeg, to: "\(imagesPath)/\(image.recipe.name)")
            } catch {
                nextIndex.store(images.count, ordering: .relaxed)
                throw error
            }
            drawnCount.wrappingAdd(1, ordering: .relaxed)
        }
    }

    /// Writes `labels.txt` and `labels.csv`, once every thread has come back from `drawImages`.
    ///
    /// Returns false, and writes nothing, when the set is not complete because `shouldStop` ended it early.
    ///
    /// - Throws: `.fileSystem`.
    package func finish() throws(SampleError) -> Bool {
        guard progress.drawn == images.count else { return false }
        try OutputFile.save(Array(SampleClass.labelsFile.utf8), to: path + "/labels.txt")
        var table = "file,index,label\n"
        for index in 0..<images.count {
            let recipe = images.recipe(at: index)
            table += "images/\(recipe.name),\(recipe.label.rawValue),\(recipe.label.name)\n"
        }
        try OutputFile.save(Array(table.utf8), to: path + "/labels.csv")
        return true
    }

    /// Whether a file name is one of ours, finished or not: digits, an underscore, a class, `.jpg`, perhaps `.part`.
    static func isSampleName(_ name: String) -> Bool {
        let whole = name.hasSuffix(".part") ? name.dropLast(5) : name[...]
        guard whole.hasSuffix(".jpg"), let underscore = whole.firstIndex(of: "_") else { return false }
        let digits = whole[..<underscore]
        let label = whole[whole.index(after: underscore)...].dropLast(4)
        return digits.count >= 5 && digits.allSatisfy { ("0"..."9").contains($0) }
            && SampleClass.allCases.contains { $0.name == label }
    }
}
