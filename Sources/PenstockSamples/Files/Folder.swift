#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// What the sample writer needs of a folder, without Foundation, which would be loaded for these few calls only.
struct Folder {
    let path: String

    /// Creates the folder and those above it, where they do not exist yet.
    ///
    /// - Throws: `.fileSystem` with the system's reason; `.outputExists` when a file has that name.
    func create() throws(SampleError) {
        var ancestor = path.hasPrefix("/") ? "" : "."
        for name in path.split(separator: "/") {
            ancestor += "/" + name
            if mkdir(ancestor, 0o755) != 0 && errno != EEXIST {
                throw systemError("can't create the folder \"\(ancestor)\"")
            }
        }
        guard access(path + "/.", F_OK) == 0 else {
            throw SampleError(.outputExists, "\"\(path)\" is not a folder; name another output.")
        }
    }

    /// The names in the folder, in no order, without "." and "..".
    ///
    /// - Throws: `.fileSystem` when it can't be read.
    func names() throws(SampleError) -> [String] {
        guard let stream = opendir(path) else { throw systemError("can't read the folder \"\(path)\"") }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
                field.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// Removes one file.
    ///
    /// - Throws: `.fileSystem` with the system's reason.
    func remove(_ name: String) throws(SampleError) {
        guard unlink("\(path)/\(name)") == 0 else { throw systemError("can't remove \"\(path)/\(name)\"") }
    }
}
