import PenstockCore
import Testing

@testable import PenstockStages

@Suite("Numbers of 16 bits")
struct TensorNumberTests {
    @Test("Every half goes to f32 and back unchanged")
    func halvesRoundTrip() {
        for bits in UInt16.min...UInt16.max {
            let number = Half(bits: bits).float
            if number.isNaN { continue }
            #expect(Half(fitting: Double(number))?.bits == bits)
        }
        for bits in UInt16.min...UInt16.max {
            let number = BrainFloat(bits: bits).float
            #expect(number.isNaN || number.bitPattern == UInt32(bits) << 16)
        }
    }

    @Test(
        "Numbers are rounded to the nearest, ties to even, and what is too large does not fit",
        arguments: [
            (1, 0x3C00), (-2, 0xC000), (65_504, 0x7BFF), (65_519, 0x7BFF), (65_520, nil), (-65_520, nil), (1e300, nil),
            (0x1p-24, 1), (0x1p-25, 0), (0x1.8p-25, 1), (0x1p-14, 0x0400), (0x1.ff8p-15, 0x03FF), (0x1.fffp-15, 0x0400),
            (1 + 0x1p-11, 0x3C00), (1 + 0x1.8p-10, 0x3C02), (.infinity, 0x7C00), (-0.0, 0x8000),
        ] as [(Double, UInt16?)]
    )
    func halves(number: Double, bits: UInt16?) {
        #expect(Half(fitting: number)?.bits == bits)
    }

    @Test(
        "bf16 is the upper half of an f32, rounded",
        arguments: [
            (1, 0x3F80), (0x1.01p0, 0x3F80), (0x1.03p0, 0x3F82), (3.4e38, nil), (0x1.fep127, 0x7F7F),
            (-0x1p-133, 0x8001),
        ] as [(Double, UInt16?)]
    )
    func brainFloats(number: Double, bits: UInt16?) {
        #expect(BrainFloat(fitting: number)?.bits == bits)
    }

    @Test("What is no number stays none")
    func notANumber() {
        #expect(Half(fitting: Double.nan)?.float.isNaN == true)
        #expect(BrainFloat(fitting: Double.nan)?.float.isNaN == true)
        #expect(Float(fitting: Double.infinity) == .infinity)
        #expect(Float(fitting: 1e39) == nil)
    }
}

@Suite("Columns as tensors")
struct NumberRowsTests {
    @Test("Numbers of the model's own type are lent, not copied; others are converted")
    func lending() throws {
        let buffer = Buffer<Float>([1, 2, 3, 4])
        let rows = try #require(NumberRows(Column(.tensorFloat32(Tensor(shape: [2, 2], elements: buffer)))))
        let lent = rows.bytes(rows.elementRange(1..<2), as: .f32)
        let place = buffer.withUnsafePointer { UInt(bitPattern: $0) }
        #expect(lent.withUnsafePointer { UInt(bitPattern: $0) } == place + 8)
        #expect(lent.count == 8)
        let converted = rows.bytes(rows.elementRange(1..<2), as: .f64)
        #expect(converted.count == 16)
        #expect(converted.array.withUnsafeBytes { Array($0.bindMemory(to: Double.self)) } == [3, 4])
    }

    @Test("Lent memory outlives the column that it came from")
    func lifetime() {
        func bytes() -> Buffer<UInt8> { Buffer<Int32>([0x0102_0304, -1]).asBytes }
        #expect(bytes().array == [4, 3, 2, 1, 255, 255, 255, 255])
    }
}
