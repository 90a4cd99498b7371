package import PenstockCore
import Synchronization

/// The stores that a run reads from and writes to, each opened once, and the way back from a path in a table to its file.
///
/// Tables and messages carry locations without keys and options. The places that the user named have them; a path below
/// one of these is read with its keys.
///
/// - Thread: any.
package final class FileStores: Sendable {
    /// A file or folder: the store, and its path there.
    package struct Place: Sendable {
        /// Where it is.
        package let store: any FileStore
        /// Path within the store.
        package let path: String
    }

    private struct Root: Sendable {
        let location: Location
        let store: ArrowFileStore
        /// The handle that shares its connections with the readers and writers of tables.
        let tables: ArrowFileStore
        /// What earlier runs of this process repeated.
        let tableRetriesBefore: Int
    }

    private let local = LocalFileStore()
    private let policy: RetryPolicy
    private let roots = Mutex<[Root]>([])

    /// No store is open yet.
    ///
    /// - Parameter policy: how listings and writes retry their requests.
    package init(policy: RetryPolicy = RetryPolicy()) { self.policy = policy }

    /// Tries that the stores repeated by themselves, in listings and writes.
    package var retryCount: Int { distinctStores.reduce(0) { $0 + $1.store.retryCount } }

    /// Tries that readers and writers of tables repeated by themselves, in the stores that are open.
    package var tableRetryCount: Int {
        distinctStores.reduce(0) { $0 + $1.tables.retryCount - $1.tableRetriesBefore }
    }

    /// Places of the same store share their connections and counts.
    private var distinctStores: [Root] {
        var seen: Set<Location> = []
        return roots.withLock { $0.filter { seen.insert($0.location.storeRoot).inserted } }
    }

    /// Opens the store of a place that the user named, with its keys and options.
    package func open(_ location: Location) throws(FileError) -> Place {
        if let path = location.localPath { return Place(store: local, path: path) }
        if let known = roots.withLock({ $0.first { $0.location == location } }) {
            return Place(store: known.store, path: known.store.path)
        }
        // Outside of the lock, since S3 may be asked for a region.
        let store = try ArrowFileStore(location, policy: policy)
        let tables = try ArrowFileStore(location, policy: RetryPolicy())
        let before = tables.retryCount
        roots.withLock {
            $0.append(Root(location: location, store: store, tables: tables, tableRetriesBefore: before))
        }
        return Place(store: store, path: store.path)
    }

    /// The file that a path of a table means: below a place that was opened, else a place of its own.
    package func place(of text: String) throws(FileError) -> Place {
        let location: Location
        do throws(StageError) { location = try Location(text) } catch { throw FileError(error) }
        guard location.isRemote else { return try open(location) }
        let below = roots.withLock { roots -> Place? in
            for root in roots {
                guard let relative = root.location.relativePath(of: location) else { continue }
                return Place(store: root.store, path: Self.joined(root.store.path, relative))
            }
            return nil
        }
        if let below { return below }
        // Its whole store, so that a list of a million files does not open a million places.
        let store = try open(location.storeRoot)
        guard let relative = location.storeRoot.relativePath(of: location) else { return try open(location) }
        return Place(store: store.store, path: Self.joined(store.path, relative))
    }

    /// What readers and writers of tables open for a path of a table: with the keys and options of the place that it is below.
    package func address(of text: String) throws(StageError) -> String {
        let location = try Location(text)
        guard location.isRemote, !location.hasSecrets else { return location.withSecrets }
        return roots.withLock { roots in
            for root in roots {
                if let relative = root.location.relativePath(of: location) {
                    return root.location.appending(relative).withSecrets
                }
            }
            return location.withSecrets
        }
    }

    /// The location of an entry in a listing of `root`, for tables and messages: without keys and options.
    package static func location(of entry: FileEntry, in root: Location, at rootPath: String) -> String {
        guard root.isRemote, entry.path.utf8.starts(with: rootPath.utf8) else { return entry.path }
        let relative = entry.path.utf8.dropFirst(rootPath.utf8.count).drop { $0 == UInt8(ascii: "/") }
        return root.appending(String(decoding: relative, as: UTF8.self)).description
    }

    private static func joined(_ path: String, _ relative: String) -> String {
        relative.isEmpty ? path : path.isEmpty || path.hasSuffix("/") ? path + relative : "\(path)/\(relative)"
    }
}
