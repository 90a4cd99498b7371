import PenstockCore

/// The lines of a file, one after the other, in memory for one of them.
final class LineReader {
    /// A line, counted from 1; nil for one that is longer than the limit.
    typealias Line = (number: Int, text: ArraySlice<UInt8>?)

    let path: String
    /// A request to a store takes as long as a mebibyte does, so fewer and larger ones are made.
    private let chunkBytes: Int
    private let file: OpenFile
    private let lineLimit: Int
    private let retries: Int
    private var chunk: [UInt8] = []
    /// Where the next line begins in `chunk`.
    private var start = 0
    /// Where the next chunk begins in the file.
    private var position = 0
    private var number = 0
    private var hasReadAll = false
    /// Tries of the last read.
    private(set) var attempts = 0
    /// Tries that were repeated so far.
    private(set) var retryCount = 0

    init(_ file: OpenFile, lineLimit: Int, retries: Int) {
        self.file = file
        path = file.path
        chunkBytes = file.isRemote ? 4 << 20 : 1 << 20
        self.lineLimit = lineLimit
        self.retries = retries
    }

    var isAtEnd: Bool { hasReadAll && start == chunk.count }

    /// The next line without its end, valid until the next call; nil at the end.
    func next() throws(StageError) -> Line? {
        var searched = start
        while true {
            if let end = lineEnd(from: searched) {
                defer { start = end + 1 }
                return line(until: end)
            }
            if hasReadAll {
                if start == chunk.count { return nil }
                defer { start = chunk.count }
                return line(until: chunk.count)
            }
            if chunk.count - start > lineLimit + 1 { return try skipLine() }
            searched = chunk.count - start
            try readChunk(keeping: start)
        }
    }

    private func line(until end: Int) -> Line {
        number += 1
        let hasReturn = end > start && chunk[end - 1] == UInt8(ascii: "\r")
        let text = chunk[start..<(hasReturn ? end - 1 : end)]
        return (number, text.count > lineLimit ? nil : text)
    }

    /// Passes over the rest of a line that is too long, without keeping it.
    private func skipLine() throws(StageError) -> Line {
        number += 1
        while true {
            try readChunk(keeping: chunk.count)
            if let end = lineEnd(from: 0) {
                start = end + 1
                return (number, nil)
            }
            if hasReadAll {
                start = chunk.count
                return (number, nil)
            }
        }
    }

    private func lineEnd(from first: Int) -> Int? { chunk[first...].firstIndex(of: UInt8(ascii: "\n")) }

    /// Reads on, behind what is kept.
    private func readChunk(keeping first: Int) throws(StageError) {
        chunk.removeSubrange(..<first)
        start = 0
        let kept = chunk.count
        chunk.append(contentsOf: repeatElement(0, count: chunkBytes))
        attempts = 0
        let (file, position, retries) = (file, position, retries)
        var tries = 0
        let result = unsafe chunk.withUnsafeMutableBytes { buffer in
            Result { () throws(StageError) in
                let target = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[kept...])
                return try unsafe file.read(from: position, into: target, retries: retries, attempts: &tries)
            }
        }
        attempts = tries
        retryCount += max(tries - 1, 0)
        let count = try result.get()
        chunk.removeLast(chunkBytes - count)
        hasReadAll = count < chunkBytes
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        if position == 0, chunk.starts(with: mark) { start = mark.count }
        self.position += count
    }
}
