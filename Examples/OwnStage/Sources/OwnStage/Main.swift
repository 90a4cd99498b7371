// A source, a transform with a state and a sink of one's own, in one pipeline.
import Penstock

@main
struct OwnStage {
    static func main() async throws {
        let report = try await Dataset.read(Sentences(sentence: "to be or not to be", count: 1_000))
            .filter { try $0.string("word") != "or" }
            .mapBatches(Occurrences(), compute: .actors(1))  // one worker, as its counts are to be over all rows
            .write(to: Tally())
        print("\(report.rowsWritten) of \(report.rowsRead) rows")
        print(report.statsTable)
    }
}
