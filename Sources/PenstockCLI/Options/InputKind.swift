import ArgumentParser
import Penstock

/// What files hold.
enum InputKind: String, CaseIterable, ExpressibleByArgument {
    case auto, parquet, csv, json, images, binary

    /// Files of a folder that are looked at.
    private static let most = 10_000

    private static let endings: [(kind: InputKind, endings: [String])] = [
        (.parquet, ["parquet", "pq"]), (.csv, ["csv"]), (.json, ["jsonl", "ndjson", "json"]),
        (.images, ["jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff"]),
    ]

    /// Finds out by endings: of the first path, or of the first file of its folder that has one of these.
    ///
    /// - Throws: when there is none.
    init(of paths: [String]) throws(PlanError) {
        for path in paths {
            if let kind = Self.kind(ofName: path) ?? Self.kind(inFolder: path) {
                self = kind
                return
            }
        }
        throw PlanError(
            "what \"\(paths.first ?? "")\" holds is not said by an ending (.parquet, .csv, .jsonl, .jpg, .png, …). Say it with --read parquet, csv, json, images or binary.",
            isUsage: true
        )
    }

    private static func kind(ofName name: String) -> InputKind? {
        guard let dot = name.lastIndex(of: ".") else { return nil }
        let ending = name[name.index(after: dot)...].lowercased()
        return endings.first { $0.endings.contains(ending) }?.kind
    }

    private static func kind(inFolder path: String) -> InputKind? {
        FolderWalk(path).lazy.prefix(most).compactMap { kind(ofName: $0) }.first
    }
}
