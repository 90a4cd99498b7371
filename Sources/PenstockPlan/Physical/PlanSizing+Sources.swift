import PenstockCore

extension ReadImages {
    /// The files to list.
    var fileSelection: FileSelection { FileSelection(paths: paths, kind: .images, listing: listing) }
}

extension PlanSizing {
    /// Operators of a source other than images.
    func source(_ step: LogicalOperator) -> [PhysicalOperator] {
        switch step {
        case .readTable(let read): return tables(read)
        case .readText(let read):
            let files = FileSelection(paths: read.paths, kind: .text, listing: one(read.listing))
            return [list(files), reader(.readText(read), of: read.paths)]
        case .readBinaryFiles(let read):
            let files = FileSelection(
                paths: read.paths,
                kind: read.onlyImages ? .images : .binary,
                listing: read.listing
            )
            return [list(files), reader(.readBinaryFiles(read), of: read.paths)]
        case .range(let range):
            var source = PhysicalOperator(
                name: "range",
                stage: .range(range, rowsPerBlock: rowsPerBlock(range)),
                pool: .source
            )
            source.outputBudget = budget(share: 8, atMost: .mebibytes(64))
            return [source]
        case .items(let items):
            var source = PhysicalOperator(name: "items", stage: .items(items), pool: .source)
            source.outputBudget = budget(share: 8, atMost: .mebibytes(64))
            return [source]
        case .readCustom(let custom):
            var source = PhysicalOperator(name: custom.name, stage: .readCustom(custom), pool: .source)
            source.outputBudget = budget(share: 8, atMost: .mebibytes(64))
            return [source]
        default: return []
        }
    }

    /// Rows of a table, text or number file are many: one file, one block of the list.
    private func one(_ listing: Listing) -> Listing {
        var one = listing
        if one.blockCount == nil { one.blockRows = one.blockRows ?? 1 }
        return one
    }

    private func tables(_ read: ReadTable) -> [PhysicalOperator] {
        let kind: FileSelection.Kind =
            switch read.format {
            case .parquet: .parquet
            case .csv: .csv
            case .jsonl: .jsonl
            }
        let files = FileSelection(paths: read.paths, kind: kind, listing: one(read.listing))
        guard read.format == .parquet else { return [list(files), reader(.readTables(read), of: read.paths)] }
        var notes = SettingNotes(options)
        notes.add(
            computed: "split-by",
            "row group",
            reason: "row groups are read side by side; only footers are read here"
        )
        // With a limit the row groups are counted in order, by one worker.
        let several = Self.areRemote(read.paths) ? Self.remoteReadWorkers : 2
        let workers = read.listing.limit == nil ? several : 1
        var split = PhysicalOperator(name: "split", stage: .splitTables(read), pool: .tasks, workers: workers)
        split.outputBudget = .mebibytes(4)
        split.settings = notes.settings
        return [list(files), split, reader(.readTables(read), of: read.paths)]
    }

    private func list(_ files: FileSelection) -> PhysicalOperator {
        var list = PhysicalOperator(name: "list", stage: .listFiles(files), pool: .source)
        list.outputBudget = .mebibytes(16)
        return list
    }

    /// Requests to a store at the same time: each takes tens of milliseconds, however small, and costs no core meanwhile.
    ///
    /// With 150 ms for each, 128 are a ninth faster than 64 on two cores, and as fast as 192 (docs/performance/NOTES.md).
    static let remoteReadWorkers = 128

    /// Whether some of what the user named is in a store.
    static func areRemote(_ paths: [String]) -> Bool {
        paths.contains { $0.contains("://") && !$0.lowercased().hasPrefix("file://") }
    }

    private func reader(_ stage: PhysicalStage, of paths: [String]) -> PhysicalOperator {
        var notes = SettingNotes(options)
        let isRemote = Self.areRemote(paths)
        let workers = notes.note(
            "read-workers",
            options.readWorkers,
            default: isRemote ? max(Self.remoteReadWorkers, cores) : max(2, cores),
            reason: isRemote
                ? "requests to a store wait long and cost no core"
                : "one per core, and two at least, as they wait for storage"
        )
        var read = PhysicalOperator(name: "read", stage: stage, pool: .tasks, workers: workers)
        read.outputBudget = notes.note(
            "read-ahead",
            options.readAhead,
            default: budget(share: 8, atMost: .mebibytes(128)),
            reason: "enough for what comes next to find work; more only costs memory"
        )
        read.settings = notes.settings
        return read
    }

    /// Blocks of at most 8 MiB, and a few for each core, so that none is idle at the end.
    private func rowsPerBlock(_ range: RangeRows) -> Int {
        // Divided without adding first: a range may have as many rows as there are integers.
        if let blocks = range.blockCount { return max(1, (range.count - 1) / max(1, blocks) + 1) }
        let share = (range.count - 1) / (cores * 4) + 1
        return max(1, min(1 << 20, max(share, 4096)))
    }

    /// Sources one after the other.
    func union(_ plans: [LogicalPlan]) throws(PlanError) -> [PhysicalOperator] {
        var sources: [[PhysicalStage]] = []
        for plan in plans {
            guard let first = plan.operators.first, first.isSource else {
                throw PlanError("union joins datasets, and one of them has no source.")
            }
            var stages = try stages(of: first)
            for step in plan.operators.dropFirst() {
                switch step {
                case .columns(let change): stages.append(.chain([.columns(change)]))
                default:
                    throw PlanError(
                        "union joins sources; one of them has \(step.summary) behind it. Call union first, and transform the rows of all sources together."
                    )
                }
            }
            sources.append(stages)
        }
        var listing = PhysicalOperator(name: "list", stage: .union(sources), pool: .source)
        listing.outputBudget = budget(share: 8, atMost: .mebibytes(64))
        return [listing, reader(.readUnion(sources), of: plans.flatMap(\.sourcePaths))]
    }

    private func stages(of source: LogicalOperator) throws(PlanError) -> [PhysicalStage] {
        switch source {
        case .readImages(let read): return [.listFiles(read.fileSelection), .readFiles, .decodeToTensors(read)]
        case .union: throw PlanError("a union of unions: name all sources in one call of union.")
        default: return self.source(source).map(\.stage)
        }
    }

    func limit(_ count: Int) -> PhysicalOperator {
        var limit = PhysicalOperator(name: "limit", stage: .limit(count), pool: .actors)
        limit.outputBudget = budget(share: 8, atMost: .mebibytes(64))
        return limit
    }

    func rebatch(_ repartition: Repartition) -> PhysicalOperator {
        var rebatch = PhysicalOperator(name: "repartition", stage: .rebatch, pool: .actors)
        rebatch.outputBudget = budget(share: 4, atMost: .mebibytes(512))
        switch repartition {
        case .rowsPerBlock(let rows): rebatch.batch = .exactly(rows)
        case .evenly(let rows, let blocks): rebatch.batch = .evenly(rows: rows, blocks: blocks)
        // The number of rows is looked up before the run; a plan that is only explained does without.
        case .blocks(let count): rebatch.batch = .evenly(rows: 0, blocks: count)
        }
        return rebatch
    }
}

extension LogicalPlan {
    /// Whole files are read, and some of them are in a store.
    var readsFilesOfStore: Bool {
        switch operators.first {
        case .readImages(let read): PlanSizing.areRemote(read.paths)
        case .readBinaryFiles(let read): PlanSizing.areRemote(read.paths)
        case .union(let plans): plans.contains(where: \.readsFilesOfStore)
        default: false
        }
    }

    /// Some of what the source reads is in a store.
    package var readsStore: Bool { PlanSizing.areRemote(sourcePaths) }

    /// What the user named as the files of the source.
    fileprivate var sourcePaths: [String] {
        switch operators.first {
        case .readImages(let read): read.paths
        case .readTable(let read): read.paths
        case .readText(let read): read.paths
        case .readBinaryFiles(let read): read.paths
        case .union(let plans): plans.flatMap(\.sourcePaths)
        default: []
        }
    }
}
