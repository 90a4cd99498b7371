import PenstockCore
import Testing

@Suite struct PenstockAdvisorSmoke {
    @Test func bytesAdd() { #expect(Bytes(1) + Bytes(2) == Bytes(3)) }
}
