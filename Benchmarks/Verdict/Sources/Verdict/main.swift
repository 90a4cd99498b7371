// Runs one pipeline and prints its report as JSON. Benchmarks/verdict.py decides what is injected and judges the verdict.
//
// usage: Verdict own ROWS WORKERS STAGE=COMPUTE_MS,WAIT_MS…      stages list, read, decode, resize, infer, write
//        Verdict classify MODEL PRECISION OUTPUT CACHE WORKERS PATH…
import Foundation
import Penstock

/// The words of the command line, one after the other.
struct Arguments {
    private(set) var rest: [String]

    mutating func next() -> String {
        guard !rest.isEmpty else { fatalError("usage: see main.swift") }
        return rest.removeFirst()
    }

    mutating func number() -> Int {
        let text = next()
        guard let value = Int(text) else { fatalError("\(text) is no number") }
        return value
    }
}

/// Six stages of our own; those for which work is given do it, the others pass rows on.
func own(_ words: Arguments) async throws -> RunReport {
    var words = words
    let (rows, workers) = (words.number(), words.number())
    var loads: [String: Load] = [:]
    for argument in words.rest {
        let parts = argument.split(whereSeparator: { $0 == "=" || $0 == "," })
        guard parts.count == 3, let compute = Double(parts[1]), let wait = Double(parts[2]) else {
            fatalError("\(argument) is not STAGE=COMPUTE_MS,WAIT_MS")
        }
        loads[String(parts[0])] = Load(computeMs: compute, waitMs: wait)
    }
    let idle = Load()
    // More workers than cores each say that they need less of one; otherwise they could never all work.
    let cpus = min(1, Double(MachineFacts.current.cores) / Double(workers))
    var dataset = Dataset.read(Listing(rows: rows, rowsPerBlock: 8, load: loads["list"] ?? idle))
    for name in ["read", "decode", "resize", "infer"] {
        dataset = dataset.mapBatches(
            Step(name: name, load: loads[name] ?? idle),
            batchSize: .exactly(8),
            compute: .actors(workers),
            resources: Resources(cpus: name == "read" ? 0 : cpus)
        )
    }
    return try await dataset.write(to: Counting(load: loads["write"] ?? idle))
}

/// The real pipeline.
func classify(_ words: Arguments) async throws -> RunReport {
    var words = words
    var classifier = Classifier(model: words.next())
    guard let precision = Precision(rawValue: words.next()) else { fatalError("no such precision") }
    classifier.precision = precision
    let output = words.next()
    var options = RunOptions()
    options.cacheDirectory = words.next()
    let workers = words.number()
    options.readWorkers = .value(workers)
    options.decodeWorkers = .value(workers)
    options.modelWorkers = .value(workers)
    options.threadsPerWorker = .value(1)
    return try await Dataset.readImages(from: words.rest)
        .predict(with: classifier).writeParquet(to: output, options: options)
}

/// The report, or the reason why there is none on standard error.
func answer() async -> Int32 {
    var words = Arguments(rest: Array(CommandLine.arguments.dropFirst()))
    do {
        let report =
            switch words.next() {
            case "own": try await own(words)
            case "classify": try await classify(words)
            case let other: fatalError("\(other) is neither own nor classify")
            }
        print(try report.json())
        return 0
    } catch {
        FileHandle.standardError.write(Data("\(error)\n".utf8))
        return 1
    }
}

exit(await answer())
