import PenstockCore
import Testing

@Suite struct TensorTests {
    @Test func rowsAreSlicedWithTheirShape() {
        let tensor = Tensor(shape: [3, 2, 2], elements: Buffer<Float>((0..<12).map(Float.init)))
        let slice = tensor.slice(1..<3)
        #expect(slice.shape == [2, 2, 2])
        #expect(slice.rowShape == [2, 2])
        #expect(slice.rowStride == 4)
        #expect(slice.elements.array == (4..<12).map(Float.init))
        #expect(tensor.slice(2..<2).rowCount == 0)
    }

    @Test func aTensorIsWrittenRowByRowAndFrozenShort() {
        var buffer = TensorBuffer<UInt8>(rowCapacity: 4, rowShape: [2, 3])
        for row in 0..<3 {
            unsafe buffer.withUnsafeRow(row) { base in
                for index in 0..<6 { base[index] = UInt8(row * 10 + index) }
            }
        }
        let tensor = buffer.freeze(rowCount: 3)
        #expect(tensor.shape == [3, 2, 3])
        #expect(tensor.slice(2..<3).elements.array == [20, 21, 22, 23, 24, 25])
    }

    @Test func aRowBeyondTheCapacityStopsTheProgram() async {
        await #expect(processExitsWith: .failure) {
            var buffer = TensorBuffer<UInt8>(rowCapacity: 1, rowShape: [2])
            unsafe buffer.withUnsafeRow(1) { _ in }
        }
    }
}
