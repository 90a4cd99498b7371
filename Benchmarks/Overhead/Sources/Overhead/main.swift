// What the engine itself costs: pipelines whose work is next to nothing. Benchmarks/overhead.py runs this and Ray Data.
//
// usage: Overhead map|map_batches|blocks COUNT REPEATS       prints a line of JSON for each repeat
import Penstock

let arguments = CommandLine.arguments.dropFirst().map { $0 }
guard arguments.count == 3, let count = Int(arguments[1]), let repeats = Int(arguments[2]) else {
    fatalError("usage: Overhead map|map_batches|blocks COUNT REPEATS")
}

/// One pipeline over `count` rows; of `blocks` each row is a block of its own.
func rows() async throws -> Int {
    switch arguments[0] {
    case "map":
        return try await Dataset.range(count).map { row, out in out.set("x", try row.int("id") * 2) }
            .materialize().rowCount
    case "map_batches":
        return try await Dataset.range(count).mapBatches { batch in
            try batch.replacing("id") { (ids: Span<Int64>, out: inout MutableSpan<Int64>) in
                for row in ids.indices { out[row] = ids[row] * 2 }
            }
        }.materialize().rowCount
    case "blocks":
        return try await Dataset.range(count, overrideBlockCount: count)
            .mapBatches(batchSize: .wholeBlock) { $0.block }
            .stats().rowsWritten
    default: fatalError("\(arguments[0]) is none of map, map_batches and blocks")
    }
}

for _ in 0..<repeats {
    let clock = ContinuousClock()
    let start = clock.now
    let found = try await rows()
    precondition(found == count, "\(found) rows of \(count)")
    let elapsed = (clock.now - start).components
    let seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
    print("{\"what\": \"\(arguments[0])\", \"rows\": \(count), \"seconds\": \(seconds)}")
}
