/// Bits in Arrow's order (least significant first), with an offset so that slices share memory.
public struct Bitmap: Sendable {
    /// The bytes that hold the bits.
    package let bytes: Buffer<UInt8>
    /// Bits before the first one.
    package let bitOffset: Int
    /// Number of bits.
    public let count: Int

    package init(bytes: Buffer<UInt8>, bitOffset: Int, count: Int) {
        precondition(
            (bitOffset + count + 7) / 8 <= bytes.count,
            "\(count) bits at \(bitOffset) in \(bytes.count) bytes"
        )
        self.bytes = bytes
        self.bitOffset = bitOffset
        self.count = count
    }

    /// Packs booleans.
    public init(_ bits: [Bool]) {
        var packed = [UInt8](repeating: 0, count: (bits.count + 7) / 8)
        for index in bits.indices where bits[index] { packed[index >> 3] |= 1 << UInt8(index & 7) }
        self.init(bytes: Buffer(packed), bitOffset: 0, count: bits.count)
    }

    /// The bit at `index`.
    public subscript(index: Int) -> Bool {
        precondition(index >= 0 && index < count, "bit \(index) of \(count)")
        let position = bitOffset + index
        return bytes[position >> 3] & (1 << UInt8(position & 7)) != 0
    }

    /// A part, sharing memory.
    public func slice(_ range: Range<Int>) -> Bitmap {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "bits \(range) of \(count)")
        return Bitmap(bytes: bytes, bitOffset: bitOffset + range.lowerBound, count: range.count)
    }

    /// How many bits are set.
    public var setCount: Int { (0..<count).reduce(0) { $0 + (self[$1] ? 1 : 0) } }
}
