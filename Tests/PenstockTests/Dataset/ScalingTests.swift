import Penstock
import Testing

@Suite("Pools that scale, through the surface", .timeLimit(.minutes(15)))
struct ScalingTests {
    @Test("A pool of 0 to 2 loads nothing before its first batch, and says why it grew")
    func fromZero() async throws {
        let watched = Watched()
        let dataset = Dataset.range(100, overrideBlockCount: 10)
            .mapBatches(watched, batchSize: 10, compute: .actors(0...2))
        #expect(watched.loads.count == 0)
        let report = try await dataset.stats(options: .cores(2))
        #expect(report.rowsWritten == 100)
        #expect(watched.loads.count == 1)
        #expect((1...2).contains(watched.states.count))
        let decisions = report.scaling.filter { $0.stage == "watched" }
        #expect(decisions.first.map { [$0.from, $0.to] } == [0, 1])
        for decision in decisions { #expect(decision.reason.count > 10, "\(decision)") }
        #expect(report.stages[1].workers == watched.states.count)
    }

    @Test("A pool of 0 to 2 through which no row comes loads nothing at all")
    func nothingToDo() async throws {
        let watched = Watched()
        let dataset = Dataset.range(100).filter { _ in false }.mapBatches(watched, compute: .actors(0...2))
        #expect(try await dataset.stats(options: .cores(2)).rowsWritten == 0)
        #expect((watched.loads.count, watched.states.count) == (0, 0))
    }

    @Test("A pool of 1 to 4 grows while work waits and all its workers are busy, within the cores")
    func growing() async throws {
        let arrivals = Calls()
        let door = Door()
        let watched = Watched { batch, _ throws(StageError) in
            // The first batch waits for a second worker: without growth this run would never end.
            if arrivals.add1() == 1 { door.arriveAndWait() } else { door.open() }
            return batch.block
        }
        let report = try await Dataset.range(400, overrideBlockCount: 40)
            .mapBatches(watched, batchSize: 10, compute: .actors(1...4)).stats(options: .cores(2))
        #expect(report.rowsWritten == 400)
        #expect((2...4).contains(watched.states.count))
        let decisions = report.scaling.filter { $0.stage == "watched" }
        #expect(decisions.first.map { [$0.from, $0.to] } == [1, 2])
        #expect(decisions.allSatisfy { $0.to <= 4 })
        #expect(try report.json().contains("\"scaling\""))
    }

    @Test("Workers × CPUs never run beyond the cores at once")
    func withinTheCores() async throws {
        let busy = Calls()
        let most = Calls()
        let watched = Watched { batch, _ throws(StageError) in
            busy.add()
            if busy.count > 2 { most.add() }
            busy.add(-1)
            return batch.block
        }
        let report = try await Dataset.range(2000, overrideBlockCount: 100)
            .mapBatches(watched, batchSize: 10, compute: .actors(1...4)).stats(options: .cores(2))
        #expect(report.rowsWritten == 2000)
        #expect(most.count == 0)
    }

    @Test("Where all cores are used, one task more than cores runs at once, and no second one")
    func oneMoreThanCores() async throws {
        let cores = MachineFacts.current.cores
        let arrivals = Calls()
        let busy = Calls()
        let beyond = Calls()
        let door = Door()
        let watched = Watched { batch, _ throws(StageError) in
            busy.add()
            if busy.count > cores + 1 { beyond.add() }
            // As many as there are cores wait for one more: were it held, this run would never end.
            if arrivals.add1() > cores { door.open() } else { door.arriveAndWait() }
            busy.add(-1)
            return batch.block
        }
        let report = try await Dataset.range(cores * 400, overrideBlockCount: cores * 40)
            .mapBatches(watched, batchSize: 10, compute: .actors(1...cores + 3)).stats()
        #expect(report.rowsWritten == cores * 400)
        #expect(beyond.count == 0)
    }
}

extension Calls {
    /// Counts one call and gives its number, from 1.
    func add1() -> Int {
        add()
        return count
    }
}
