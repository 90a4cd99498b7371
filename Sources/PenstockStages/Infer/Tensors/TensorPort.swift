/// The type of a tensor's numbers, as models declare it.
package enum ElementType: String, Sendable, Hashable, CaseIterable {
    case bool, u8, i8, u16, i16, u32, i32, u64, i64, bf16, f16, f32, f64
    /// A type that Penstock does not carry: strings, 4-bit numbers.
    case other = "of a type that Penstock does not carry"

    /// Bytes of one number; 0 for `other`.
    var byteCount: Int {
        switch self {
        case .bool, .u8, .i8: 1
        case .u16, .i16, .bf16, .f16: 2
        case .u32, .i32, .f32: 4
        case .u64, .i64, .f64: 8
        case .other: 0
        }
    }

    /// The type in which OpenVINO really computes with numbers of this one, on CPUs and GPUs.
    ///
    /// What lies beyond its range would be cut to other numbers without a word, so that such a row is refused instead.
    var arithmetic: ElementType {
        switch self {
        case .i64, .u64: .i32
        case .f64: .f32
        case .bool, .u8, .i8, .u16, .i16, .u32, .i32, .bf16, .f16, .f32, .other: self
        }
    }

    /// Whether any number can become one of this type, rounded where need be.
    var isFloat: Bool {
        switch self {
        case .bf16, .f16, .f32, .f64: true
        case .bool, .u8, .i8, .u16, .i16, .u32, .i32, .u64, .i64, .other: false
        }
    }
}

/// An input or output of a model, as it is declared.
package struct TensorPort: Sendable, Hashable, CustomStringConvertible {
    /// The model's name for it; `input0`, `output0` … where it has none.
    package let name: String
    package let type: ElementType
    /// Sizes, rows first; nil: the number of axes is unknown or above 8.
    ///
    /// A size of nil is known only while running.
    package let shape: [Int?]?

    /// Sizes of one row.
    var rowShape: [Int?]? { shape.map { Array($0.dropFirst()) } }

    /// Numbers in one row; nil where that is known only while running, or no machine can count them.
    var rowElementCount: Int? {
        guard let rowShape else { return nil }
        var count = 1
        for size in rowShape {
            guard let size, case let (product, overflow) = count.multipliedReportingOverflow(by: size), !overflow
            else { return nil }
            count = product
        }
        return count
    }

    /// Name, type and shape, as messages print them.
    package var description: String {
        let sizes = shape.map { "[\($0.map { $0.map(String.init) ?? "?" }.joined(separator: ","))]" }
        return "\"\(name)\": \(type.rawValue) \(sizes ?? "[of unknown rank]")"
    }
}

/// What a model takes and gives, as its file declares it.
package struct ModelSignature: Sendable, Hashable {
    package let inputs: [TensorPort]
    package let outputs: [TensorPort]
}
