import PenstockCore

/// Turns values of Arrow's other types into those that blocks hold.
///
/// Every function copies once; where a row is missing the result is unspecified, or empty for texts.
enum ArrowValues {
    /// Numbers as larger numbers of the same sign.
    static func widened<From: FixedWidthInteger & BitwiseCopyable & Sendable, To: FixedWidthInteger & BitwiseCopyable>(
        _ values: Buffer<From>
    ) -> Buffer<To> where To: Sendable {
        mapped(values) { To(truncatingIfNeeded: $0) }
    }

    /// Singles as doubles, exactly.
    static func widened(_ values: Buffer<Float>) -> Buffer<Double> { mapped(values) { Double($0) } }

    /// - Throws: `.tooLarge` for a value that a signed number cannot hold.
    static func signed(_ values: Buffer<UInt64>, _ isValid: (Int) -> Bool) throws(StageError) -> Buffer<Int64> {
        for index in 0..<values.count where values[index] > UInt64(Int64.max) && isValid(index) {
            throw StageError(
                .tooLarge,
                "has the unsigned value \(values[index]), which does not fit a signed 64-bit number"
            )
        }
        return widened(values)
    }

    /// IEEE 754 halves, by their bits, as singles; exact.
    static func halves(_ values: Buffer<UInt16>) -> Buffer<Float> {
        mapped(values) { bits in
            let sign: Float = bits & 0x8000 == 0 ? 1 : -1
            let exponent = UInt32(bits >> 10) & 0x1f
            let fraction = UInt32(bits) & 0x3ff
            switch exponent {
            case 0: return sign * Float(fraction) * 0x1p-24
            case 31: return Float(bitPattern: UInt32(bits & 0x8000) << 16 | 0x7f80_0000 | fraction << 13)
            default: return Float(bitPattern: UInt32(bits & 0x8000) << 16 | (exponent + 112) << 23 | fraction << 13)
            }
        }
    }

    private static func mapped<From, To>(_ values: Buffer<From>, _ change: (From) -> To) -> Buffer<To> {
        var changed = MutableBuffer<To>(count: values.count)
        values.withSpan { source in
            changed.withMutableSpan { span in
                for index in source.indices { span[index] = change(source[index]) }
            }
        }
        return changed.freeze()
    }

    // MARK: Texts and binaries

    /// 64-bit offsets as 32-bit ones that begin with 0.
    ///
    /// - Throws: `.tooLarge` beyond 2 GiB, `.damagedData` when they do not ascend.
    static func narrowed(_ offsets: Buffer<Int64>) throws(StageError) -> Buffer<Int32> {
        let first = offsets[0]
        let (total, overflow) = offsets[offsets.count - 1].subtractingReportingOverflow(first)
        guard first >= 0, total >= 0, !overflow else { throw StageError(.damagedData, "has offsets that descend") }
        guard total <= Int64(Int32.max) else { throw beyondOffsets(Int(total)) }
        return mapped(offsets) { Int32(truncatingIfNeeded: $0 &- first) }
    }

    /// Values of one length, back to back.
    static func fixed(_ bytes: Buffer<UInt8>, width: Int, count: Int) throws(StageError) -> VariableBytes {
        guard bytes.count <= Int(Int32.max) else { throw beyondOffsets(bytes.count) }
        return VariableBytes(offsets: steps(width, count: count), bytes: bytes)
    }

    /// Offsets of values of one length: 0, `width`, 2 `width` and so on.
    static func steps(_ width: Int, count: Int) -> Buffer<Int32> {
        var offsets = MutableBuffer<Int32>(count: count + 1)
        offsets.withMutableSpan { span in for index in span.indices { span[index] = Int32(index * width) } }
        return offsets.freeze()
    }

    /// Views: 16 bytes a value, which hold a short value or point into one of the buffers.
    ///
    /// - Throws: `.tooLarge` beyond 2 GiB, `.damagedData` for a view that points past its buffer.
    static func views(
        _ views: Buffer<UInt8>,
        _ buffers: [Buffer<UInt8>],
        count: Int,
        _ isValid: (Int) -> Bool
    ) throws(StageError) -> VariableBytes {
        var ranges: [(source: Int, range: Range<Int>)] = []
        ranges.reserveCapacity(count)
        var total = 0
        for row in 0..<count {
            let length = isValid(row) ? Int(number(views, at: row * 16)) : 0
            let isInline = length <= 12
            let source = isInline ? -1 : Int(number(views, at: row * 16 + 8))
            let start = isInline ? row * 16 + 4 : Int(number(views, at: row * 16 + 12))
            let size = isInline ? views.count : buffers.indices.contains(source) ? buffers[source].count : 0
            guard length >= 0, start >= 0, start + length <= size else {
                throw StageError(.damagedData, "has a view of \(length) bytes that points past its buffer")
            }
            total += length
            guard total <= Int(Int32.max) else { throw beyondOffsets(total) }
            ranges.append((source, start..<start + length))
        }
        return VariableBytes(lengths: ranges.map(\.range.count)) { span in
            var position = 0
            for (source, range) in ranges {
                let bytes = source < 0 ? views : buffers[source]
                for index in range {
                    span[position] = bytes[index]
                    position += 1
                }
            }
        }
    }

    private static func number(_ bytes: Buffer<UInt8>, at start: Int) -> Int32 {
        var value: UInt32 = 0
        for index in (0..<4).reversed() { value = value << 8 | UInt32(bytes[start + index]) }
        return Int32(bitPattern: value)
    }

    private static func beyondOffsets(_ total: Int) -> StageError {
        StageError(.tooLarge, "holds \(Bytes(total)) in one batch; the limit is 2 GiB. Read fewer rows at a time")
    }

    // MARK: Decimals

    /// Decimals as texts: little-endian two's complement of `width` bytes, `scale` digits behind the point.
    static func decimals(
        _ bytes: Buffer<UInt8>,
        width: Int,
        scale: Int,
        count: Int,
        _ isValid: (Int) -> Bool
    ) throws(StageError) -> VariableBytes {
        var texts = TextColumn(rows: count)
        for row in 0..<count {
            if isValid(row) {
                let value = bytes.slice(row * width..<(row + 1) * width)
                let isNegative = value[width - 1] & 0x80 != 0
                appendDecimal(digits(value, isNegative: isNegative), isNegative, scale: scale, to: &texts)
            }
            try texts.endRow()
        }
        return texts.finish()
    }

    /// The digits of a number's magnitude, most significant first.
    private static func digits(_ bytes: Buffer<UInt8>, isNegative: Bool) -> [UInt8] {
        var magnitude = bytes.array
        if isNegative {
            var carry: UInt16 = 1
            for index in magnitude.indices {
                let sum = UInt16(~magnitude[index]) + carry
                magnitude[index] = UInt8(truncatingIfNeeded: sum)
                carry = sum >> 8
            }
        }
        var digits: [UInt8] = []
        var top = magnitude.count
        while true {
            while top > 0, magnitude[top - 1] == 0 { top -= 1 }
            if top == 0 { break }
            var rest: UInt16 = 0
            for index in (0..<top).reversed() {
                let part = rest << 8 | UInt16(magnitude[index])
                magnitude[index] = UInt8(part / 10)
                rest = part % 10
            }
            digits.append(UInt8(ascii: "0") + UInt8(rest))
        }
        return digits.isEmpty ? [UInt8(ascii: "0")] : digits.reversed()
    }

    private static func appendDecimal(_ digits: [UInt8], _ isNegative: Bool, scale: Int, to texts: inout TextColumn) {
        let zero = UInt8(ascii: "0")
        if isNegative { texts.append(UInt8(ascii: "-")) }
        if scale <= 0 {
            for digit in digits { texts.append(digit) }
            if digits != [zero] { for _ in 0..<(-scale) { texts.append(zero) } }
            return
        }
        let padded = Array(repeating: zero, count: max(0, scale + 1 - digits.count)) + digits
        for index in padded.indices {
            if index == padded.count - scale { texts.append(UInt8(ascii: ".")) }
            texts.append(padded[index])
        }
    }
}
