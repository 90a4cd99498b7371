import PenstockCore
import PenstockPlan

/// What the first images of a source are like: enough to tell whether settings that suit some also suit others.
package struct ImageStatistics: Codable, Sendable, Equatable {
    /// Files that are looked at.
    static let sample = 256

    /// Share of files by format, as their endings say.
    package var formats: [String: Double] = [:]
    /// The middle file's size.
    package var medianBytes = 0
    /// Whether they are in a store.
    package var isRemote = false

    /// Looks at local files; of stores only that they are some, as asking them costs more than it tells.
    init(_ read: ReadImages, options: RunOptions) async throws {
        if Self.areRemote(read.paths) {
            self.init(paths: [], sizes: [])
            isRemote = true
            return
        }
        var read = read
        read.limit = min(Self.sample, read.limit ?? Self.sample)
        let listing = try await ImageListing(Dataset(plan: LogicalPlan([.readImages(read)])), options: options)
        self.init(paths: listing.paths, sizes: listing.sizes)
    }

    /// Statistics of local files.
    package init(paths: [String], sizes: [Int]) {
        for path in paths { formats[Self.format(path), default: 0] += 1 / Double(max(paths.count, 1)) }
        medianBytes = sizes.sorted()[safe: sizes.count / 2] ?? 0
    }

    /// Why settings that were tuned for these do not hold for others; nil: they do.
    package func difference(from others: ImageStatistics) -> String? {
        if isRemote != others.isRemote { return isRemote ? "for images in a store" : "for local images" }
        if isRemote { return nil }
        let (main, other) = (mainFormat, others.mainFormat)
        if main != other { return "for \(main) images, and these are \(other)" }
        let ratio = Double(max(medianBytes, 1)) / Double(max(others.medianBytes, 1))
        guard ratio >= 0.5, ratio <= 2 else {
            return "for images of about \(Bytes(medianBytes)), and these have about \(Bytes(others.medianBytes))"
        }
        return nil
    }

    /// The format of most files.
    package var mainFormat: String { formats.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? "unknown" }

    private static func format(_ path: String) -> String {
        let ending = path.split(separator: "/").last?.split(separator: ".").dropFirst().last?.lowercased() ?? ""
        return switch ending {
        case "jpg", "jpeg", "jpe", "jfif": "JPEG"
        case "png", "webp", "gif", "bmp": ending.uppercased()
        case "tif", "tiff": "TIFF"
        default: "unknown"
        }
    }

    static func areRemote(_ paths: [String]) -> Bool {
        paths.contains { $0.contains("://") && !$0.lowercased().hasPrefix("file://") }
    }
}

extension Array {
    /// The element there, if there is one.
    fileprivate subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
