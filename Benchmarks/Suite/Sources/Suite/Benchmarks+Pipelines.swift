import Penstock

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Benchmark {
    /// The engine without work, the sink without a model, a small model without decoding, and everything together.
    static var pipelines: [Benchmark] { [emptyTask, parquet, infer, pipeline] }

    /// A source of blocks of one row, a transform that does nothing, a sink that forgets them.
    private static var emptyTask: Benchmark {
        Benchmark(
            name: "Engine:EmptyTask",
            unit: "block",
            short: 1000,
            long: 4000,
            counts: [.instructions, .allocations]
        ) { _ in
            { blocks in
                let report = try await Dataset.range(blocks, overrideBlockCount: blocks)
                    .mapBatches(batchSize: .wholeBlock) { $0.block }
                    .stats()
                try check("Engine:EmptyTask", rows: report.rowsWritten, of: blocks)
            }
        }
    }

    /// Rows of an integer, without a model: encoding, compressing, committing.
    private static var parquet: Benchmark {
        Benchmark(
            name: "Write:Parquet",
            unit: "1,000 rows",
            short: 100,
            long: 1100,
            counts: [.instructions, .allocations]
        ) { place in
            { thousands in
                let output = "\(place.scratch)/parquet-\(thousands)"
                let report = try await Dataset.range(thousands * 1000)
                    .writeParquet(to: output, existing: .overwrite)
                try check("Write:Parquet", rows: report.rowsWritten, of: thousands * 1000)
            }
        }
    }

    /// A small model over images that are in memory. Its instructions depend on what the processor offers, so only time and
    /// allocations are looked at.
    private static var infer: Benchmark {
        Benchmark(name: "Infer:shapes10 b16", unit: "image", short: 512, long: 2560, counts: [.allocations]) { place in
            let paths = try Photographs.write(16, to: place.scratch)
            let images = try await Dataset.readImages(from: paths, size: ImageSize(height: 224, width: 224))
                .materialize().blocks
            let row = try Block.concatenate(images)
            return { count in
                let blocks = Array(repeating: row, count: count / row.rowCount)
                let job = ModelJob(model: "\(place.root)/Models/shapes10.onnx", inputs: ["input": "image"])
                var options = RunOptions()
                options.batchSize = .value(16)
                let report = try await Dataset.fromBlocks(blocks).predict(with: job).stats(options: options)
                try check("Infer:shapes10 b16", rows: report.rowsWritten, of: count)
            }
        }
    }

    /// Read, decode, classify, write: allocations of an image in the steady state.
    private static var pipeline: Benchmark {
        Benchmark(name: "Pipeline:shapes10 b16", unit: "image", short: 512, long: 2560, counts: [.allocations]) {
            place in
            let paths = try Photographs.write(64, to: place.scratch)
            return { count in
                var options = RunOptions()
                options.batchSize = .value(16)
                var classifier = Classifier(model: "\(place.root)/Models/shapes10.onnx")
                classifier.precision = .f32
                let all = (0..<count).map { paths[$0 % paths.count] }
                let report = try await Dataset.readImages(from: all).predict(with: classifier)
                    .writeParquet(to: "\(place.scratch)/predictions", existing: .overwrite, options: options)
                try check("Pipeline:shapes10 b16", rows: report.rowsWritten, of: count)
            }
        }
    }

    private static func check(_ name: String, rows: Int, of count: Int) throws {
        if rows != count { throw BenchmarkError("\(name): \(rows) rows of \(count)") }
    }
}
