import PenstockCore

extension NumberRows {
    /// Whether numbers of one type may become another's at all.
    ///
    /// Single numbers may still not fit: see `firstUnfit`.
    static func canConvert(_ source: ElementType, to target: ElementType) -> Bool {
        switch target {
        case .f16, .bf16, .f32, .f64: source != .other
        case .u8, .i8, .u16, .i16, .u32, .i32, .u64, .i64: !source.isFloat && source != .other
        case .bool: source == .bool
        case .other: false
        }
    }

    /// The type of the numbers.
    var elementType: ElementType {
        switch elements {
        case .bool: .bool
        case .uint8: .u8
        case .int32: .i32
        case .int64: .i64
        case .float32: .f32
        case .float64: .f64
        }
    }

    /// Whether some numbers may not fit the type, so that they have to be looked at.
    private func mayNotFit(_ target: ElementType) -> Bool {
        switch elementType {
        case .u8: target == .i8
        case .i32: ![.i32, .i64, .bf16, .f32, .f64].contains(target)
        case .i64: ![.i64, .bf16, .f32, .f64].contains(target)
        case .f32: [.f16, .bf16].contains(target)
        case .f64: [.f16, .bf16, .f32].contains(target)
        default: false
        }
    }

    /// The first of these numbers that does not fit the type, as text.
    func firstUnfit(_ range: Range<Int>, _ target: ElementType) -> String? {
        guard mayNotFit(target) else { return nil }
        return switch target {
        case .i8: firstUnfit(range, Int8.self)
        case .u8: firstUnfit(range, UInt8.self)
        case .i16: firstUnfit(range, Int16.self)
        case .u16: firstUnfit(range, UInt16.self)
        case .i32: firstUnfit(range, Int32.self)
        case .u32: firstUnfit(range, UInt32.self)
        case .i64: firstUnfit(range, Int64.self)
        case .u64: firstUnfit(range, UInt64.self)
        case .f16: firstUnfit(range, Half.self)
        case .bf16: firstUnfit(range, BrainFloat.self)
        case .f32: firstUnfit(range, Float.self)
        case .f64, .bool, .other: nil
        }
    }

    private func firstUnfit<Number: TensorNumber>(_ range: Range<Int>, _: Number.Type) -> String? {
        switch elements {
        case .bool: nil
        case .uint8(let buffer): range.first { Number(fitting: Int64(buffer[$0])) == nil }.map { "\(buffer[$0])" }
        case .int32(let buffer): range.first { Number(fitting: Int64(buffer[$0])) == nil }.map { "\(buffer[$0])" }
        case .int64(let buffer): range.first { Number(fitting: buffer[$0]) == nil }.map { "\(buffer[$0])" }
        case .float32(let buffer): range.first { Number(fitting: Double(buffer[$0])) == nil }.map { "\(buffer[$0])" }
        case .float64(let buffer): range.first { Number(fitting: buffer[$0]) == nil }.map { "\(buffer[$0])" }
        }
    }

    /// Numbers as a model's type; those that do not fit become 0.
    ///
    /// - Cost: nothing is copied where the type is the column's own.
    func bytes(_ range: Range<Int>, as target: ElementType) -> Buffer<UInt8> {
        switch (elements, target) {
        case (.uint8(let buffer), .u8): buffer.slice(range)
        case (.int32(let buffer), .i32): buffer.slice(range).asBytes
        case (.int64(let buffer), .i64): buffer.slice(range).asBytes
        case (.float32(let buffer), .f32): buffer.slice(range).asBytes
        case (.float64(let buffer), .f64): buffer.slice(range).asBytes
        default: converted(range, target)
        }
    }

    private func converted(_ range: Range<Int>, _ target: ElementType) -> Buffer<UInt8> {
        switch target {
        case .i8: converted(range, Int8.self)
        case .u8, .bool, .other: converted(range, UInt8.self)
        case .i16: converted(range, Int16.self)
        case .u16: converted(range, UInt16.self)
        case .i32: converted(range, Int32.self)
        case .u32: converted(range, UInt32.self)
        case .i64: converted(range, Int64.self)
        case .u64: converted(range, UInt64.self)
        case .f16: converted(range, Half.self)
        case .bf16: converted(range, BrainFloat.self)
        case .f32: converted(range, Float.self)
        case .f64: converted(range, Double.self)
        }
    }

    private func converted<Number: TensorNumber>(_ range: Range<Int>, _: Number.Type) -> Buffer<UInt8> {
        switch elements {
        case .bool(let bits): Self.filled(range) { Number(fitting: bits[$0] ? 1 : 0 as Int64) }
        case .uint8(let buffer): Self.filled(range) { Number(fitting: Int64(buffer[$0])) }
        case .int32(let buffer): Self.filled(range) { Number(fitting: Int64(buffer[$0])) }
        case .int64(let buffer): Self.filled(range) { Number(fitting: buffer[$0]) }
        case .float32(let buffer): Self.filled(range) { Number(fitting: Double(buffer[$0])) }
        case .float64(let buffer): Self.filled(range) { Number(fitting: buffer[$0]) }
        }
    }

    private static func filled<Number: TensorNumber>(_ range: Range<Int>, _ number: (Int) -> Number?) -> Buffer<UInt8> {
        var numbers = MutableBuffer<Number>(count: range.count)
        numbers.withMutableSpan { span in
            for index in range { span[index - range.lowerBound] = number(index) ?? Number() }
        }
        return numbers.freeze().asBytes
    }
}
