import Crypto
package import PenstockCore
import PenstockPlan

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What identifies a model: the content of its file.
package enum ModelFile {
    /// SHA-256 of the file, hexadecimal.
    ///
    /// - Cost: reads the file once, about a gigabyte a second.
    package static func hash(_ path: String) throws(StageError) -> String {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw StageError(.notFound, "cannot read the model \"\(path)\": \(Platform.errorText(errno)).")
        }
        defer { close(descriptor) }
        var hasher = SHA256()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { unsafe buffer.deallocate() }
        while true {
            let count = try unsafe FileSystem.readAll(descriptor, into: buffer, path: path)
            if count == 0 { break }
            unsafe hasher.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
        return hexadecimal(hasher.finalize())
    }

    /// SHA-256 of the file, from an earlier run where the file has not changed since.
    ///
    /// - Throws: as `hash` does.
    static func hash(_ path: String, rememberedIn directory: String?) throws(StageError) -> String {
        let memory = HashMemory(directory: directory, of: path)
        if let known = memory?.read() { return known }
        let hash = try hash(path)
        memory?.write(hash)
        return hash
    }

    /// SHA-256 of a text, hexadecimal.
    static func hash(text: String) -> String { hexadecimal(SHA256.hash(data: Array(text.utf8))) }

    private static func hexadecimal(_ digest: SHA256Digest) -> String {
        let digits = Array("0123456789abcdef")
        return String(digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    /// Class names, one a line; a trailing empty line does not count.
    package static func labels(_ path: String) throws(StageError) -> [String] {
        let bytes = try FileSystem.contents(of: path, atMost: .mebibytes(64))
        // By bytes: as characters, CR LF is one, and no line would end there.
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
            String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
        }
        while lines.last == "" { lines.removeLast() }
        guard !lines.isEmpty else { throw StageError(.invalidInput, "the labels file \"\(path)\" is empty.") }
        return lines
    }
}

extension ModelTraits {
    /// Looks at the model's file, once and before any library is loaded.
    ///
    /// - Throws: `.invalidModel`, also where int8 is asked of a model that has none.
    init(of path: String, checkedFor precision: Precision) throws(StageError) {
        self = try ModelTraits(of: path)
        guard precision == .int8, !isQuantized else { return }
        throw StageError(
            .invalidModel,
            "--precision int8: the model \"\(path)\" has no int8 layers. Quantise it first, or take another precision."
        )
    }
}
