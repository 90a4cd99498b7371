extension PhysicalPlan: CustomStringConvertible {
    /// One line per operator, as `explain` prints it.
    public var description: String {
        var lines: [String] = []
        for (depth, step) in operators.enumerated() {
            let indent = String(repeating: "  ", count: depth)
            lines.append(
                "\(indent)\(depth == 0 ? "" : "└ ")\(step.name): \(step.pool.rawValue), \(step.workerRange), \(step.shape)"
            )
        }
        return lines.joined(separator: "\n")
    }

    /// Every setting as a table: name, value, origin, reason.
    public var settingsTable: String {
        let rows = allSettings.map { [$0.name, $0.value, $0.origin.rawValue, $0.reason] }
        let widths = (0..<3).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = (0..<3).map { row[$0] + String(repeating: " ", count: widths[$0] - row[$0].count) } + [row[3]]
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }
}

extension PhysicalOperator {
    /// `1 to 4 workers`.
    fileprivate var workerRange: String {
        let range = minimumWorkers == workers ? "\(workers)" : "\(minimumWorkers) to \(workers)"
        return "\(range) worker\(workers == 1 ? "" : "s")"
    }

    /// Batch, CPU and queue in words.
    fileprivate var shape: String {
        let cpus =
            cpusPerTask == 0
            ? "no CPU slot"
            : "\(cpusPerTask == cpusPerTask.rounded() ? "\(Int(cpusPerTask))" : "\(cpusPerTask)") CPU a task"
        return pool == .sink ? cpus : "batch \(batchWords), \(cpus), at most \(outputBudget) waiting"
    }

    private var batchWords: String {
        guard let tunedRows else { return "\(batch)" }
        if case .infer = stage, compiledRows > 0 { return "\(compiledRows) (up to \(tunedRows) rows a task)" }
        return "\(batch) (up to \(tunedRows), by measured cost)"
    }
}
