import CSuiteInputs

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// JPEGs that are drawn, the same in every run.
enum Photographs {
    /// The bytes of one.
    static func jpeg(width: Int, height: Int, seed: Int = 1) throws -> [UInt8] {
        var size = 0
        guard let bytes = suite_photograph(Int32(width), Int32(height), UInt32(seed), &size) else {
            throw BenchmarkError("a photograph of \(width)×\(height) could not be drawn")
        }
        defer { free(bytes) }
        return Array(UnsafeBufferPointer(start: bytes, count: size))
    }

    /// Writes some of 500×375 and returns their paths.
    static func write(_ count: Int, to folder: String) throws -> [String] {
        try (0..<count).map { number in
            let path = "\(folder)/photograph-\(number).jpg"
            let bytes = try jpeg(width: 500, height: 375, seed: number + 1)
            guard let file = fopen(path, "wb") else { throw BenchmarkError("\(path) cannot be written") }
            defer { fclose(file) }
            guard fwrite(bytes, 1, bytes.count, file) == bytes.count else {
                throw BenchmarkError("\(path) cannot be written")
            }
            return path
        }
    }
}
