package import PenstockCore

/// Numbers for one input of an inference: row-major, in the model's own type.
package struct InputTensor: Sendable {
    package let type: ElementType
    /// Rows first.
    package let shape: [Int]
    /// As many bytes as type and shape need.
    package let bytes: Buffer<UInt8>

    package init(_ type: ElementType, shape: [Int], bytes: Buffer<UInt8>) {
        self.type = type
        self.shape = shape
        self.bytes = bytes
    }

    /// The same with `rows` rows, for models that take only batches of one size: the last row is repeated, as the one content
    /// that the model certainly accepts.
    ///
    /// - Cost: one copy.
    func padded(to rows: Int) -> InputTensor {
        guard rows > shape[0], shape[0] > 0 else { return self }
        let stride = bytes.count / shape[0]
        let last = bytes.slice(bytes.count - stride..<bytes.count)
        let parts = [bytes] + Array(repeating: last, count: rows - shape[0])
        return InputTensor(type, shape: [rows] + shape.dropFirst(), bytes: Buffer.concatenate(parts))
    }
}

extension Buffer {
    /// The same memory, as bytes.
    var asBytes: Buffer<UInt8> {
        unsafe withUnsafePointer { base in
            unsafe Buffer<UInt8>(
                borrowing: base,
                count: count * MemoryLayout<Element>.stride,
                owner: BufferOwner(buffer: self)
            )
        }
    }
}

/// Keeps a buffer's memory while it is seen as bytes.
private final class BufferOwner<Element: BitwiseCopyable & Sendable>: Sendable {
    let buffer: Buffer<Element>

    init(buffer: Buffer<Element>) { self.buffer = buffer }
}
