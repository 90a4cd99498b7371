import PenstockCore
import Testing

@Suite struct BufferTests {
    @Test func aSliceOfASliceSharesAndCountsFromItsOwnStart() {
        let buffer = Buffer<Int32>(Array(0..<10))
        let slice = buffer.slice(2..<8).slice(1..<5)
        #expect(slice.array == [3, 4, 5, 6])
        #expect(slice[0] == 3)
        #expect(slice.slice(4..<4).array == [])
    }

    @Test func onlyWhatIsFrozenCounts() {
        var buffer = MutableBuffer<UInt8>(count: 5)
        buffer.withMutableSpan { span in for index in 0..<3 { span[index] = UInt8(index) } }
        #expect(buffer.freeze(count: 3).array == [0, 1, 2])
    }

    @Test func joinedBuffersHoldTheirElementsInOrder() {
        let buffer = Buffer<UInt8>([1, 2, 3])
        #expect(Buffer.concatenate([buffer.slice(1..<3), Buffer([]), buffer]).array == [2, 3, 1, 2, 3])
        #expect(Buffer<UInt8>.concatenate([]).count == 0)
    }

    @Test func memoryIsAlignedForArrow() {
        for count in [0, 1, 7, 1000] {
            let address = address(of: Buffer<UInt8>(Array(repeating: 1, count: count)))
            #expect(address % 64 == 0)
        }
    }

    @Test func readingPastTheEndStopsTheProgram() async {
        await #expect(processExitsWith: .failure) { _ = Buffer<UInt8>([1, 2, 3]).slice(0..<2)[2] }
    }

    @Test func aSliceBeforeTheStartStopsTheProgram() async {
        await #expect(processExitsWith: .failure) { _ = Buffer<UInt8>([1, 2, 3]).slice(1..<3).slice(-1..<1) }
    }

    @Test func aSlicePastTheEndStopsTheProgram() async {
        await #expect(processExitsWith: .failure) { _ = Buffer<UInt8>([1, 2, 3]).slice(0..<2).slice(1..<3) }
    }

    private func address(of buffer: Buffer<UInt8>) -> Int {
        unsafe buffer.withUnsafePointer { Int(bitPattern: $0) }
    }
}

@Suite struct BitmapTests {
    private let bits = (0..<37).map { $0 % 3 == 0 || $0 % 5 == 1 }

    @Test func bitsAreThoseThatWerePacked() {
        let bitmap = Bitmap(bits)
        #expect((0..<bitmap.count).map { bitmap[$0] } == bits)
        // Rows 0, 1, 3 and 6 of the first eight, least significant bit first.
        #expect(bitmap.bytes.array.first == 0b0100_1011)
    }

    @Test func aSliceMayStartAtAnyBit() {
        let bitmap = Bitmap(bits)
        for low in 0...bits.count {
            for high in low...bits.count {
                let slice = bitmap.slice(low..<high)
                #expect((0..<slice.count).map { slice[$0] } == Array(bits[low..<high]))
                #expect(slice.setCount == bits[low..<high].filter { $0 }.count)
            }
        }
    }

    @Test func offsetsOfSlicesAddUp() {
        let slice = Bitmap(bits).slice(5..<30).slice(7..<20)
        #expect(slice.bitOffset == 12)
        #expect((0..<slice.count).map { slice[$0] } == Array(bits[12..<25]))
    }

    @Test func aSliceBeforeTheStartStopsTheProgram() async {
        await #expect(processExitsWith: .failure) { _ = Bitmap([true, false]).slice(1..<2).slice(-1..<1) }
    }
}

@Suite struct VariableBytesTests {
    private let words = ["", "a", "größer", "日本", "", "z"]

    @Test func wordsAreKeptByteForByte() {
        let values = VariableBytes(words)
        #expect((0..<values.count).map(values.string) == words)
        #expect((0..<values.count).map { values.value($0).array } == words.map { Array($0.utf8) })
        #expect(values.byteCount == words.reduce(0) { $0 + $1.utf8.count })
    }

    @Test func aSliceSharesTheBytesAndCountsItsOwn() {
        let slice = VariableBytes(words).slice(2..<5)
        #expect((0..<slice.count).map(slice.string) == ["größer", "日本", ""])
        #expect(slice.byteCount == 14)
        #expect(slice.slice(1..<2).string(0) == "日本")
        #expect(slice.slice(3..<3).count == 0)
    }

    @Test func noValuesNeedOneOffset() {
        #expect(VariableBytes([]).count == 0)
        #expect(VariableBytes([]).offsets.array == [0])
    }

    @Test func whatIsNotUTF8IsRepaired() {
        let values = VariableBytes(lengths: [2]) { span in
            span[0] = 0x61
            span[1] = 0xFF
        }
        #expect(values.string(0) == "a\u{FFFD}")
    }

    @Test func offsetsPastTheBytesStopTheProgram() async {
        await #expect(processExitsWith: .failure) {
            _ = VariableBytes(offsets: Buffer([0, 9]), bytes: Buffer([1, 2]))
        }
    }
}
