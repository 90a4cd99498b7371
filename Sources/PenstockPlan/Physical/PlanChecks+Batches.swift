import PenstockCore

extension PlanChecks {
    /// Refuses batches that can never be gathered, where the size of a row is known before the run.
    ///
    /// Elsewhere the run finds out, from the rows that wait.
    func checkBatches(_ plan: LogicalPlan) throws(PlanError) {
        guard let source = plan.operators.first, let rowBytes = source.rowBytes, var rows = source.rowCount else {
            return
        }
        for step in plan.operators.dropFirst() {
            switch step {
            case .limit(let count): rows = min(rows, count)
            case .randomizeOrder, .columns(.rename): break
            case .repartition(.rowsPerBlock(let count)): try check(min(count, rows), rowBytes, "repartition")
            case .deliver(.exactly(let count)): try check(min(count, rows), rowBytes, "iterBatches")
            case .transform(let transform):
                if case .exactly(let count)? = transform.batch {
                    try check(min(count, rows), rowBytes, transform.name)
                }
                guard transform.kind == .filter else { return }
            default: return
            }
        }
    }

    private func check(_ rows: Int, _ rowBytes: Int, _ name: String) throws(PlanError) {
        let most = memory.count / rowBytes
        guard rows > most else { return }
        let (bytes, isTooMany) = rows.multipliedReportingOverflow(by: rowBytes)
        throw PlanError(
            "\(name): a batch of \(rows) rows × \(Bytes(rowBytes)) = \(Bytes(isTooMany ? .max : bytes)), and the run may take \(memory). Use at most \(most) rows, or raise --memory."
        )
    }

    func check(_ change: ColumnChange) throws(PlanError) {
        switch change {
        case .select(let names):
            guard !names.isEmpty else { throw PlanError("selectColumns([]): a row has at least one column.") }
            if let name = Self.repeated(names) {
                throw PlanError("selectColumns names \"\(name)\" twice; a row has each column once.")
            }
        case .drop: break
        case .rename(let names):
            if let name = Self.repeated(names.values.sorted()) {
                throw PlanError("renameColumns gives two columns the name \"\(name)\"; rename or drop one of them.")
            }
        }
    }

    private static func repeated(_ names: [String]) -> String? {
        var seen: Set<String> = []
        return names.first { !seen.insert($0).inserted }
    }
}

extension LogicalOperator {
    /// Bytes of a row, for sources that are in memory or made there.
    fileprivate var rowBytes: Int? {
        switch self {
        case .range: 8
        case .items(let items): items.rowCount > 0 ? max(1, items.bytes.count / items.rowCount) : nil
        default: nil
        }
    }

    fileprivate var rowCount: Int? {
        switch self {
        case .range(let range): range.count
        case .items(let items): min(items.rowCount, items.limit ?? .max)
        default: nil
        }
    }
}
