import Foundation
import Testing

extension Tag {
    /// Runs on real images or models, through the native libraries.
    @Tag static var native: Self
}

/// The photographs, odd files and models of `shared/realdata`, which lie beside the package and are not part of it.
enum RealData {
    /// Why a test that needs them is skipped.
    static let reason: Comment = "shared/realdata is not beside the package"

    private static let packageFolder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The folder, without a slash at the end.
    static let folder = packageFolder.deletingLastPathComponent().appending(path: "shared/realdata").path

    static let isPresent = FileManager.default.fileExists(atPath: folder + "/images.csv")

    static func path(_ relative: String) -> String { "\(folder)/\(relative)" }

    static func bytes(_ relative: String) throws -> [UInt8] {
        try Array(Data(contentsOf: URL(filePath: path(relative))))
    }

    /// A stored golden of this target.
    static func golden(_ name: String) throws -> [[String: String]] {
        let file = packageFolder.appending(path: "Tests/PenstockStagesTests/Goldens/\(name)")
        return CSVTable.rows(try String(contentsOf: file, encoding: .utf8))
    }
}
