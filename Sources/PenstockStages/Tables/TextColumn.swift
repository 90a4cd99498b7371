import PenstockCore

/// A column of texts that is being made, row by row.
struct TextColumn {
    private var bytes: [UInt8] = []
    private var offsets: [Int32] = [0]

    init(rows: Int) { offsets.reserveCapacity(rows + 1) }

    /// Rows so far.
    var count: Int { offsets.count - 1 }
    /// Bytes so far.
    var byteCount: Int { bytes.count }

    mutating func append(_ byte: UInt8) { bytes.append(byte) }

    mutating func append(_ part: ArraySlice<UInt8>) { bytes.append(contentsOf: part) }

    /// A number that is not negative, with at least `digits` digits.
    mutating func append(_ number: UInt64, digits: Int) {
        var (rest, divisor, count) = (number, UInt64(1), 1)
        while rest >= 10 {
            rest /= 10
            divisor *= 10
            count += 1
        }
        for _ in 0..<max(0, digits - count) { bytes.append(UInt8(ascii: "0")) }
        rest = number
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(rest / divisor))
            rest %= divisor
            divisor /= 10
        }
    }

    /// - Throws: `.tooLarge` beyond 2 GiB.
    mutating func endRow() throws(StageError) {
        guard bytes.count <= Int(Int32.max) else {
            throw StageError(.tooLarge, "holds more than 2 GiB of text in one batch. Read fewer rows at a time")
        }
        offsets.append(Int32(bytes.count))
    }

    /// Where row `index` lies in `bytes`.
    func value(_ index: Int) -> ArraySlice<UInt8> { bytes[Int(offsets[index])..<Int(offsets[index + 1])] }

    /// Whether all texts together, and so each of them, are valid UTF-8.
    ///
    /// Only a text that begins within a character could complete the one before it.
    var isValid: Bool {
        for start in offsets where Int(start) < bytes.count && bytes[Int(start)] & 0xc0 == 0x80 { return false }
        return String(validating: bytes, as: UTF8.self) != nil
    }

    consuming func finish() -> VariableBytes { VariableBytes(offsets: Self.copy(offsets), bytes: Self.copy(bytes)) }

    private static func copy<Element>(_ elements: [Element]) -> Buffer<Element> {
        var buffer = MutableBuffer<Element>(count: elements.count)
        unsafe buffer.withUnsafeMutablePointer { target in
            unsafe elements.withUnsafeBufferPointer { source in
                guard let base = source.baseAddress else { return }
                unsafe target.update(from: base, count: source.count)
            }
        }
        return buffer.freeze()
    }
}
