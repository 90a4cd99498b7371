import ArgumentParser
import Penstock

/// Whether images lie in files of their own or are packed.
struct ImageInputOptions: ParsableArguments {
    @Option(help: "What the paths are: auto, images, or packed (Parquet files that penstock pack wrote).")
    var read = ImageInput.auto

    /// The images at some paths.
    func dataset(_ paths: [String]) -> Dataset {
        switch read {
        case .images: .readImages(from: paths)
        case .packed: .readPackedImages(from: paths)
        case .auto: paths.allSatisfy(ImageInput.isPacked) ? .readPackedImages(from: paths) : .readImages(from: paths)
        }
    }
}

/// Where images are.
enum ImageInput: String, CaseIterable, ExpressibleByArgument {
    case auto, images, packed

    /// Whether a path is a Parquet file, or a folder whose visible files all are.
    ///
    /// The first file of another kind ends the search, so that a folder of a million photographs costs nothing.
    static func isPacked(_ path: String) -> Bool {
        if path.lowercased().hasSuffix(".parquet") { return true }
        var isPacked = false
        for file in FolderWalk(path) {
            guard file.lowercased().hasSuffix(".parquet") else { return false }
            isPacked = true
        }
        return isPacked
    }
}
