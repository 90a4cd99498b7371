import PenstockCore
import PenstockTestKit
import Testing

@testable import PenstockEngine

@Suite struct OrderRestorerTests {
    @Test(arguments: [
        (finished: [0, 1, 2], released: [[0], [1], [2]]),
        ([2, 1, 0], [[], [], [0, 1, 2]]),
        ([1, 0, 2], [[], [0, 1], [2]]),
        ([0, 2, 1], [[0], [], [1, 2]]),
    ])
    func resultsComeOutInTheOrderOfTheirLaunch(finished: [Int], released: [[Int]]) {
        var order = OrderRestorer()
        for task in 0..<3 { order.launch(task) }
        #expect(finished.map { order.finish($0, [.fixture(id: $0, rows: 1)]).map(\.id) } == released)
        #expect(order.waitingBytes == .zero)
    }

    @Test func aTaskWithoutResultLetsTheNextOnesPass() {
        var order = OrderRestorer()
        for task in [5, 9] { order.launch(task) }
        #expect(order.finish(9, [.fixture(id: 1, rows: 2), .fixture(id: 2, rows: 3)]).isEmpty)
        #expect(order.waitingBytes == Bytes(50))
        #expect(order.finish(5, []).map(\.id) == [1, 2])
    }

    @Test func whatWaitsForATaskThatFailedIsForgotten() {
        var order = OrderRestorer()
        for task in 0..<2 { order.launch(task) }
        _ = order.finish(1, [.fixture(id: 4, rows: 2)])
        #expect(order.removeAll().map(\.id) == [4])
        #expect(order.waitingBytes == .zero)
    }
}
