#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A folder in the system's temporary one, for what is measured and then thrown away; it is not made.
struct TemporaryPlace {
    private let url: URL

    /// - `prefix`: what its name begins with.
    init(_ prefix: String) {
        url = FileManager.default.temporaryDirectory.appending(path: "\(prefix)-\(UUID().uuidString)")
    }

    var path: String { url.path }

    /// Removes it, with all that it holds.
    func remove() {
        do { try FileManager.default.removeItem(at: url) } catch {
            // Not there: nothing was written. Elsewhere a temporary folder is the system's to clean.
        }
    }
}
