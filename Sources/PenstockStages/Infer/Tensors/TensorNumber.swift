/// A number as a model's tensor holds it.
protocol TensorNumber: BitwiseCopyable, Sendable {
    /// Zero.
    init()
    /// Nil where the integer does not fit; a float takes any, rounded.
    init?(fitting integer: Int64)
    /// Nil where a finite number would become infinite, and for every type of integers: they are not made of floats.
    init?(fitting number: Double)
}

extension TensorNumber where Self: FixedWidthInteger {
    init?(fitting integer: Int64) { self.init(exactly: integer) }
    init?(fitting number: Double) { nil }
}

extension Int8: TensorNumber {}
extension UInt8: TensorNumber {}
extension Int16: TensorNumber {}
extension UInt16: TensorNumber {}
extension Int32: TensorNumber {}
extension UInt32: TensorNumber {}
extension Int64: TensorNumber {}
extension UInt64: TensorNumber {}

extension Double: TensorNumber {
    init?(fitting integer: Int64) { self.init(integer) }
    init?(fitting number: Double) { self = number }
}

extension Float: TensorNumber {
    init?(fitting integer: Int64) { self.init(integer) }
    init?(fitting number: Double) {
        self.init(number)
        if isInfinite, number.isFinite { return nil }
    }
}

/// A float of 16 bits: sign, exponent, mantissa.
///
/// Made by hand, because Swift's `Float16` is not there on every platform and bf16 on none.
protocol ShortFloat: TensorNumber {
    static var mantissaBits: Int { get }
    static var bias: Int { get }
    var bits: UInt16 { get }
    init(bits: UInt16)
}

/// IEEE half precision.
struct Half: ShortFloat {
    static let mantissaBits = 10
    static let bias = 15
    let bits: UInt16
}

/// The upper half of an f32.
struct BrainFloat: ShortFloat {
    static let mantissaBits = 7
    static let bias = 127
    let bits: UInt16
}

extension ShortFloat {
    /// The bits of infinity: every bit of the exponent.
    private static var infinity: Int { (2 * bias + 1) << mantissaBits }

    init() { self.init(bits: 0) }

    init?(fitting integer: Int64) { self.init(fitting: Double(integer)) }

    /// Rounds to the nearest, ties to even.
    init?(fitting number: Double) {
        let sign: UInt16 = number.sign == .minus ? 0x8000 : 0
        guard number.isFinite else {
            let quiet = number.isNaN ? 1 << (Self.mantissaBits - 1) : 0
            self.init(bits: sign | UInt16(Self.infinity | quiet))
            return
        }
        guard number != 0 else {
            self.init(bits: sign)
            return
        }
        // Below the least exponent numbers lose bits of the mantissa; the same sum of exponent and mantissa holds for them,
        // and for a mantissa that was rounded up to the next exponent.
        let exponent = max(Int(number.exponent), 1 - Self.bias)
        guard exponent <= Self.bias else { return nil }
        let unit = Double(sign: .plus, exponent: exponent - Self.mantissaBits, significand: 1)
        let mantissa = Int((number.magnitude / unit).rounded(.toNearestOrEven))
        let bits = ((exponent + Self.bias - 1) << Self.mantissaBits) + mantissa
        guard bits < Self.infinity else { return nil }
        self.init(bits: sign | UInt16(bits))
    }

    /// The number, which every f32 can hold.
    var float: Float {
        let sign: FloatingPointSign = bits & 0x8000 == 0 ? .plus : .minus
        let exponent = Int(bits & 0x7FFF) >> Self.mantissaBits
        let mantissa = Int(bits) & ((1 << Self.mantissaBits) - 1)
        if exponent == 2 * Self.bias + 1 {
            return mantissa != 0 ? .nan : Float(sign: sign, exponent: 0, significand: .infinity)
        }
        let significand = exponent == 0 ? mantissa : mantissa + (1 << Self.mantissaBits)
        let unit = max(exponent, 1) - Self.bias - Self.mantissaBits
        return Float(sign: sign, exponent: unit, significand: Float(significand))
    }
}
