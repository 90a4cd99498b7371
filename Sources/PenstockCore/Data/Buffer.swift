/// An immutable, reference-counted run of elements.
///
/// Slicing shares memory.
public struct Buffer<Element: BitwiseCopyable & Sendable>: Sendable {
    private let storage: BufferStorage
    private let offset: Int
    /// Number of elements.
    public let count: Int

    init(storage: BufferStorage, offset: Int, count: Int) {
        precondition(
            offset >= 0 && count >= 0 && (offset + count) * MemoryLayout<Element>.stride <= storage.byteCount,
            "elements \(offset)..<\(offset + count) of a buffer of \(storage.byteCount) bytes"
        )
        self.storage = storage
        self.offset = offset
        self.count = count
    }

    /// Copies an array.
    ///
    /// - Cost: one allocation, one copy.
    public init(_ elements: [Element]) {
        var buffer = MutableBuffer<Element>(count: elements.count)
        buffer.withMutableSpan { span in
            for index in elements.indices { span[index] = elements[index] }
        }
        self = buffer.freeze()
    }

    /// Elements that are made one after the other.
    ///
    /// - Cost: one allocation.
    package init(count: Int, _ element: (Int) -> Element) {
        var buffer = MutableBuffer<Element>(count: count)
        buffer.withMutableSpan { span in
            for index in 0..<count { span[index] = element(index) }
        }
        self = buffer.freeze()
    }

    /// Memory owned by `owner`, kept alive for as long as this buffer.
    @unsafe
    package init(borrowing base: UnsafeRawPointer, count: Int, owner: any AnyObject & Sendable) {
        let size = count * MemoryLayout<Element>.stride
        let memory = unsafe UnsafeMutableRawPointer(mutating: base)
        self.init(
            storage: unsafe BufferStorage(borrowing: memory, byteCount: size, owner: owner),
            offset: 0,
            count: count
        )
    }

    /// The element at `index`, which must be in `0..<count`.
    public subscript(index: Int) -> Element {
        precondition(index >= 0 && index < count, "element \(index) of a buffer of \(count)")
        return unsafe pointer[index]
    }

    /// A part, sharing memory.
    public func slice(_ range: Range<Int>) -> Buffer {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "elements \(range) of a buffer of \(count)")
        return Buffer(storage: storage, offset: offset + range.lowerBound, count: range.count)
    }

    /// Calls `body` with the elements; they must not escape.
    public func withSpan<R, E: Error>(_ body: (Span<Element>) throws(E) -> R) throws(E) -> R {
        try unsafe body(UnsafeBufferPointer(start: pointer, count: count).span)
    }

    /// Calls `body` with the elements as C sees them; the pointer must not escape.
    @unsafe
    package func withUnsafePointer<R, E: Error>(_ body: (UnsafePointer<Element>) throws(E) -> R) throws(E) -> R {
        try unsafe body(pointer)
    }

    /// The elements as an array.
    public var array: [Element] { unsafe Array(UnsafeBufferPointer(start: pointer, count: count)) }

    private var pointer: UnsafePointer<Element> {
        unsafe UnsafePointer(storage.base.assumingMemoryBound(to: Element.self) + offset)
    }
}

/// A uniquely owned run of elements being written; `freeze()` turns it into a `Buffer` without copying.
public struct MutableBuffer<Element: BitwiseCopyable & Sendable>: ~Copyable {
    private let storage: BufferStorage
    /// Number of elements.
    public let count: Int

    /// Uninitialised memory for `count` elements: write all that you freeze.
    public init(count: Int) {
        let (size, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
        precondition(!overflow, "a buffer of \(count) elements does not fit an address space")
        storage = BufferStorage(byteCount: size)
        self.count = count
    }

    /// Calls `body` with the elements to write.
    public mutating func withMutableSpan<R, E: Error>(
        _ body: (inout MutableSpan<Element>) throws(E) -> R
    ) throws(E) -> R {
        let elements = unsafe UnsafeMutableBufferPointer(
            start: storage.base.assumingMemoryBound(to: Element.self),
            count: count
        )
        var span = unsafe elements.mutableSpan
        return try body(&span)
    }

    /// Calls `body` with the elements as C sees them.
    @unsafe
    package mutating func withUnsafeMutablePointer<R, E: Error>(
        _ body: (UnsafeMutablePointer<Element>) throws(E) -> R
    ) throws(E) -> R {
        try unsafe body(storage.base.assumingMemoryBound(to: Element.self))
    }

    /// Sets every byte to 0.
    mutating func clear() {
        unsafe storage.base.initializeMemory(
            as: UInt8.self,
            repeating: 0,
            count: count * MemoryLayout<Element>.stride
        )
    }

    /// The first `count` elements, immutable from here on.
    public consuming func freeze(count: Int) -> Buffer<Element> {
        Buffer(storage: storage, offset: 0, count: count)
    }

    /// All elements, immutable from here on.
    public consuming func freeze() -> Buffer<Element> {
        let count = count
        return Buffer(storage: storage, offset: 0, count: count)
    }
}
