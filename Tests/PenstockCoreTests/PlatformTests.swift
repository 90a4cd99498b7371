import Testing

@testable import PenstockCore

@Suite struct PlatformTests {
    @Test func thePeakGrowsWithWhatIsTouched() {
        let before = Platform.peakResidentBytes
        let bytes = [UInt8](repeating: 1, count: before + 64 << 20)
        #expect(bytes.last == 1)
        #expect(Platform.peakResidentBytes >= before + 32 << 20)
    }
}
