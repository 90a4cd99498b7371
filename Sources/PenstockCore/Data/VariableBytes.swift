/// Values of varying length in Arrow's layout: `offsets[i]..<offsets[i + 1]` in `bytes` is value `i`.
public struct VariableBytes: Sendable {
    /// `count + 1` positions in `bytes`, ascending.
    package let offsets: Buffer<Int32>
    /// All values, one after the other.
    package let bytes: Buffer<UInt8>

    /// Checks that first and last offset lie inside the bytes; those between are checked when they are used.
    package init(offsets: Buffer<Int32>, bytes: Buffer<UInt8>) {
        precondition(offsets.count >= 1, "variable-length values need at least one offset")
        precondition(Int(offsets[offsets.count - 1]) <= bytes.count && offsets[0] >= 0, "offsets point past the bytes")
        self.offsets = offsets
        self.bytes = bytes
    }

    /// Number of values.
    public var count: Int { offsets.count - 1 }
    /// Bytes of the values themselves.
    public var byteCount: Int { Int(offsets[count]) - Int(offsets[0]) }

    /// Where value `index` lies in `bytes`.
    package func range(_ index: Int) -> Range<Int> { Int(offsets[index])..<Int(offsets[index + 1]) }

    /// The bytes of one value.
    public func value(_ index: Int) -> Buffer<UInt8> { bytes.slice(range(index)) }

    /// One value as text; invalid UTF-8 is repaired.
    public func string(_ index: Int) -> String { value(index).withSpan { String(copying: $0) } }

    /// A part, sharing memory.
    public func slice(_ range: Range<Int>) -> VariableBytes {
        VariableBytes(offsets: offsets.slice(range.lowerBound..<range.upperBound + 1), bytes: bytes)
    }
}

extension VariableBytes {
    /// Packs strings as UTF-8.
    public init(_ strings: [String]) {
        self.init(lengths: strings.map(\.utf8.count)) { span in
            var position = 0
            for string in strings {
                for byte in string.utf8 {
                    span[position] = byte
                    position += 1
                }
            }
        }
    }

    /// Values of known lengths, written back to back by `fill`.
    ///
    /// - Cost: two allocations, whatever the number of values.
    package init<E: Error>(lengths: [Int], fill: (inout MutableSpan<UInt8>) throws(E) -> Void) throws(E) {
        var offsets = MutableBuffer<Int32>(count: lengths.count + 1)
        let total = lengths.reduce(0, +)
        precondition(total <= Int(Int32.max), "\(total) bytes in one column; a block holds at most 2 GiB per column")
        offsets.withMutableSpan { span in
            var position: Int32 = 0
            span[0] = 0
            for index in lengths.indices {
                position += Int32(lengths[index])
                span[index + 1] = position
            }
        }
        var bytes = MutableBuffer<UInt8>(count: total)
        try bytes.withMutableSpan(fill)
        self.init(offsets: offsets.freeze(), bytes: bytes.freeze())
    }
}

extension String {
    /// UTF-8 bytes as text; invalid sequences become U+FFFD.
    init(copying utf8: Span<UInt8>) {
        self = unsafe utf8.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }
}
