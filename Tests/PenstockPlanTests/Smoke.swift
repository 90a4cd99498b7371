import PenstockCore
import Testing

@Suite struct PenstockPlanSmoke {
    @Test func bytesAdd() { #expect(Bytes(1) + Bytes(2) == Bytes(3)) }
}
