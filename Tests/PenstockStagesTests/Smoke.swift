import PenstockCore
import Testing

@Suite struct PenstockStagesSmoke {
    @Test func bytesAdd() { #expect(Bytes(1) + Bytes(2) == Bytes(3)) }
}
