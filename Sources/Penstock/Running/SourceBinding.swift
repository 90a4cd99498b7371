import PenstockCore
import PenstockPlan
import PenstockStages

/// Makes the stages that list and read.
struct SourceBinding {
    let plan: PhysicalPlan
    let options: RunOptions
    let stages: [any Sendable]
    /// The stores of the run.
    var files = StoreAccess()

    func source(_ stage: PhysicalStage) throws(PlanError) -> AnySource {
        switch stage {
        case .listFiles(let files):
            return AnySource(
                ListFilesSource(
                    files.paths,
                    kind: files.kind.stageKind,
                    listing: files.listing,
                    plan: plan,
                    files: self.files
                )
            )
        case .range(let range, let rowsPerBlock): return AnySource(RangeSource(range, rowsPerBlock: rowsPerBlock))
        case .items(let rows):
            return AnySource(MemorySource(try StageTable.found(rows.position, in: stages, as: [Block].self), rows))
        case .readCustom(let source): return try StageTable.found(source.position, in: stages, as: AnySource.self)
        case .union(let sources):
            var children: [AnySource] = []
            for source in sources { children.append(try self.source(source[0])) }
            return AnySource(UnionSource(children))
        default: preconditionFailure("\(stage) is no source")
        }
    }

    func transform(_ stage: PhysicalStage, workers: Int) throws(PlanError) -> AnyTransform {
        switch stage {
        case .readFiles: return AnyTransform(ReadFilesTransform(retries: options.retries, files: files))
        case .readBinaryFiles(let read):
            return AnyTransform(
                ReadFilesTransform(retries: options.retries, includePaths: read.includePaths, files: files)
            )
        case .splitTables(let read):
            return AnyTransform(
                SplitTablesTransform(
                    rowLimit: read.listing.limit,
                    shuffleSeed: read.listing.shuffleSeed,
                    files: files
                )
            )
        case .readTables(let read): return AnyTransform(ReadTablesTransform(read, files: files))
        case .readText(let read): return AnyTransform(ReadTextTransform(read, retries: options.retries, files: files))
        case .decodeToTensors(let read):
            return AnyTransform(decoding(read, workers: workers))
        case .readUnion(let sources):
            var chains: [[AnyTransform]] = []
            for source in sources {
                var chain: [AnyTransform] = []
                for step in source.dropFirst() { chain.append(try transform(step, workers: workers)) }
                chains.append(chain)
            }
            return AnyTransform(UnionTransform(chains))
        case .chain(let steps):
            return AnyTransform(
                ChainTransform(
                    name: "columns",
                    links: steps.compactMap { if case .columns(let change) = $0 { .columns(change) } else { nil } }
                )
            )
        default: preconditionFailure("\(stage) does not read")
        }
    }

    private func decoding(_ read: ReadImages, workers: Int) -> DecodeToTensorTransform {
        DecodeToTensorTransform(
            mode: read.mode == .rgb ? .rgb : .l,
            size: read.size.map { (height: $0.height, width: $0.width) },
            orientation: read.orientation,
            includePaths: read.includePaths,
            maxPixels: options.maxPixels,
            maxScratch: Bytes(plan.memory.count / 2 / max(1, workers))
        )
    }
}

extension FileSelection.Kind {
    /// The same in the words of the stages.
    var stageKind: FileKind {
        switch self {
        case .images: .images
        case .parquet: .parquet
        case .csv: .csv
        case .jsonl: .jsonl
        case .text: .text
        case .binary: .binary
        }
    }
}

extension ListFilesSource {
    /// In the blocks that a plan chose, the first and the last ones small.
    init(_ paths: [String], kind: FileKind, listing: Listing = Listing(), plan: PhysicalPlan, files: StoreAccess) {
        let readers = plan.operators.first { $0.name == "read" }?.workers ?? 1
        self.init(
            paths,
            kind: kind,
            listing: listing,
            blockRows: plan.blockRows,
            firstRows: Planner.firstBlockRows,
            lastBlocks: LastBlocks(workers: max(plan.cores, readers), rows: plan.lastBlockRows),
            files: files
        )
    }
}
