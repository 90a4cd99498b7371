// Benchmarks of Penstock's parts and of whole pipelines. Benchmarks/bench.py runs them, counts and compares.
//
// usage: Suite list                                            a line of JSON for each benchmark
//        Suite run NAME ITERATIONS REPEATS ROOT SCRATCH        a line of JSON for each repeat
import Dispatch
import Foundation

private struct Entry: Codable {
    let name: String
    let unit: String
    let short: Int
    let long: Int
    let counts: [String]
}

private struct Measured: Codable {
    let name: String
    let iterations: Int
    let seconds: Double
}

@main
struct Program {
    private static var benchmarks: [Benchmark] { Benchmark.decoding + Benchmark.pipelines }

    /// Waits on its thread instead of being asynchronous: valgrind 3.19 crashes when the main thread is handed to dispatch.
    static func main() {
        let arguments = CommandLine.arguments.dropFirst().map { $0 }
        let isDone = DispatchSemaphore(value: 0)
        // Detached: a task of `main` would want the main thread, which waits here.
        Task.detached {
            do { try await perform(arguments) } catch {
                FileHandle.standardError.write(Data("\(error)\n".utf8))
                exit(1)
            }
            isDone.signal()
        }
        isDone.wait()
    }

    private static func perform(_ arguments: [String]) async throws {
        switch arguments.first {
        case "list": try list()
        case "run" where arguments.count == 6: try await run(arguments)
        default: throw BenchmarkError("usage: Suite list | Suite run NAME ITERATIONS REPEATS ROOT SCRATCH")
        }
    }

    private static func list() throws {
        for one in benchmarks {
            let counts = one.counts.map(\.rawValue)
            try printJSON(Entry(name: one.name, unit: one.unit, short: one.short, long: one.long, counts: counts))
        }
    }

    private static func run(_ arguments: [String]) async throws {
        guard let one = benchmarks.first(where: { $0.name == arguments[1] }) else {
            throw BenchmarkError("there is no benchmark \(arguments[1])")
        }
        guard let iterations = Int(arguments[2]), iterations > 0, let repeats = Int(arguments[3]), repeats > 0 else {
            throw BenchmarkError("iterations and repeats are numbers above 0")
        }
        let work = try await one.prepare(Workplace(root: arguments[4], scratch: arguments[5]))
        let clock = ContinuousClock()
        for _ in 0..<repeats {
            let start = clock.now
            try await work(iterations)
            let elapsed = (clock.now - start).components
            let seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
            try printJSON(Measured(name: one.name, iterations: iterations, seconds: seconds))
        }
    }

    private static func printJSON(_ value: some Encodable) throws {
        print(String(decoding: try JSONEncoder().encode(value), as: UTF8.self))
    }
}
