import PenstockCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What is in a folder, in the order of the names' bytes, so that every run sees the same order.
///
/// - Cost: names lie in one buffer and are sorted by numbers, about 0.3 µs an entry: no string is made before it is wanted.
struct FolderEntries {
    /// What the folder itself says of an entry, without a call for each.
    enum Kind: UInt8 {
        case file, directory
        /// A link, or a file system that does not say: ask for the facts.
        case unknown
        /// A pipe, a socket or a device.
        case other
    }

    private struct Entry {
        /// Eight bytes of the name behind the beginning that all names share, as a number that sorts as they do.
        var key: UInt64 = 0
        let start: Int
        let length: UInt16
        let kind: Kind
    }

    private var bytes: [UInt8] = []
    private var entries: [Entry] = []
    /// Bytes at the beginning of all names.
    private var shared = 0

    /// Reads the whole folder.
    ///
    /// - Throws: `.inputOutput` when the system refuses, also in the middle.
    init(_ path: String) throws(StageError) {
        guard let handle = unsafe opendir(path) else { throw Self.failure(path) }
        defer { unsafe closedir(handle) }
        while true {
            errno = 0
            guard let entry = unsafe readdir(handle) else { break }
            unsafe add(entry)
        }
        guard errno == 0 else { throw Self.failure(path) }
        sort()
    }

    var count: Int { entries.count }

    func kind(_ index: Int) -> Kind { entries[index].kind }

    /// Bytes of an entry's name.
    func nameLength(_ index: Int) -> Int { Int(entries[index].length) }

    /// The name behind `prefix`, which is the folder's path with a slash at its end.
    ///
    /// - Cost: one allocation.
    func path(_ index: Int, in prefix: String) -> String {
        withName(index) { name in
            var prefix = prefix
            return prefix.withUTF8 { folder in
                unsafe String(unsafeUninitializedCapacity: folder.count + name.count) { target in
                    let start = unsafe target.initialize(fromContentsOf: folder)
                    for index in name.indices { unsafe target.initializeElement(at: start + index, to: name[index]) }
                    return start + name.count
                }
            }
        }
    }

    /// What the system says of an entry of the folder `prefix`; nil when it is gone, or a link to nothing.
    ///
    /// - Cost: one call of the system, and no allocation for a path of usual length.
    func facts(_ index: Int, in prefix: String) -> FileFacts? {
        withName(index) { name in
            var prefix = prefix
            return prefix.withUTF8 { folder in
                let length = folder.count + name.count + 1
                return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: length) { path in
                    for index in folder.indices { unsafe path[index] = CChar(bitPattern: folder[index]) }
                    for index in name.indices { unsafe path[folder.count + index] = CChar(bitPattern: name[index]) }
                    unsafe path[length - 1] = 0
                    return unsafe path.baseAddress.flatMap { unsafe FileFacts(cString: $0) }
                }
            }
        }
    }

    /// Calls `body` with the name as it is, which need not be text.
    func withName<R>(_ index: Int, _ body: (Span<UInt8>) -> R) -> R {
        let entry = entries[index]
        return body(bytes.span.extracting(entry.start..<entry.start + Int(entry.length)))
    }

    // MARK: Reading

    private mutating func add(_ entry: UnsafeMutablePointer<dirent>) {
        let kind = unsafe Self.kind(entry.pointee.d_type)
        unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
            // The name may be longer than the structure says that it is, so it is measured as C does.
            let start = unsafe UnsafeRawPointer(name).assumingMemoryBound(to: UInt8.self)
            let length = unsafe strlen(UnsafePointer<CChar>(OpaquePointer(start)))
            let text = unsafe UnsafeBufferPointer(start: start, count: length)
            if unsafe text.elementsEqual([UInt8(ascii: ".")]) { return }
            if unsafe text.elementsEqual([UInt8(ascii: "."), UInt8(ascii: ".")]) { return }
            entries.append(Entry(start: bytes.count, length: UInt16(clamping: length), kind: kind))
            unsafe bytes.append(contentsOf: text)
        }
    }

    private static func kind(_ type: UInt8) -> Kind {
        switch Int32(type) {
        case Int32(DT_REG): .file
        case Int32(DT_DIR): .directory
        case Int32(DT_LNK), Int32(DT_UNKNOWN): .unknown
        default: .other
        }
    }

    private static func failure(_ path: String) -> StageError {
        StageError(.inputOutput, "cannot list \"\(path)\": \(Platform.errorText(errno)).")
    }

    // MARK: Order

    /// Most names in a folder begin alike and differ within the next eight bytes, so that numbers decide.
    private mutating func sort() {
        setKeys()
        let (span, skipped) = (bytes, shared)
        entries.sort { left, right in
            if left.key != right.key { return left.key < right.key }
            return Self.precedes(left, right, in: span, from: skipped + 8)
        }
    }

    private mutating func setKeys() {
        guard let first = entries.first else { return }
        shared = Int(first.length)
        for entry in entries {
            let most = min(shared, Int(entry.length))
            var same = 0
            while same < most, bytes[entry.start + same] == bytes[first.start + same] { same += 1 }
            shared = same
            if shared == 0 { break }
        }
        for index in entries.indices {
            let entry = entries[index]
            var key: UInt64 = 0
            for offset in shared..<shared + 8 {
                key = key << 8 | (offset < Int(entry.length) ? UInt64(bytes[entry.start + offset]) : 0)
            }
            entries[index].key = key
        }
    }

    private static func precedes(_ left: Entry, _ right: Entry, in bytes: [UInt8], from skipped: Int) -> Bool {
        let most = Int(min(left.length, right.length))
        var offset = skipped
        while offset < most {
            let (one, other) = (bytes[left.start + offset], bytes[right.start + offset])
            if one != other { return one < other }
            offset += 1
        }
        return left.length < right.length
    }
}
