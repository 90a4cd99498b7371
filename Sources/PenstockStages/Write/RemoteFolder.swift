import PenstockCore

/// A folder of a store, by paths relative to it.
struct RemoteFolder: Sendable {
    let location: Location
    let files: StoreAccess

    /// Relative paths of all files below, in the order of their bytes; none when there is no such folder.
    func names(below inner: String = "") throws(StageError) -> [String] {
        let place = try self.place(of: inner)
        let prefix = try self.place(of: "").path.utf8.count
        return try files.call { () throws(FileError) in
            do throws(FileError) {
                let listing = try place.store.listing(of: place.path, recursive: true)
                var names: [String] = []
                while let entries = try listing.next() {
                    for entry in entries where entry.kind == .file {
                        let relative = entry.path.utf8.dropFirst(prefix).drop { $0 == UInt8(ascii: "/") }
                        names.append(String(decoding: relative, as: UTF8.self))
                    }
                }
                return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            } catch {
                if error.kind == .notFound { return [] }
                throw error
            }
        }
    }

    /// All bytes of a small file.
    func contents(of relative: String) throws(StageError) -> [UInt8] {
        let place = try self.place(of: relative)
        return try files.call { () throws(FileError) in
            try place.store.contents(of: place.path, atMost: .mebibytes(64))
        }
    }

    /// Writes a small file; readers see all of it or nothing.
    func write(_ bytes: [UInt8], to relative: String) throws(StageError) {
        let place = try self.place(of: relative)
        try files.call { () throws(FileError) in try place.store.write(bytes, to: place.path) }
    }

    func remove(_ relative: String) throws(StageError) {
        let place = try self.place(of: relative)
        try files.call { () throws(FileError) in try place.store.remove(place.path) }
    }

    private func place(of relative: String) throws(StageError) -> FileStores.Place {
        let root = try files.call { () throws(FileError) in try files.stores.open(location) }
        if relative.isEmpty { return root }
        return FileStores.Place(store: root.store, path: root.path.isEmpty ? relative : "\(root.path)/\(relative)")
    }
}
