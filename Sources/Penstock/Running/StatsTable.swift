public import PenstockCore

extension RunReport {
    /// What each stage did, as a table for people: work, blocks, and where its workers' time went.
    public var statsTable: String {
        var rows = [
            [
                "stage", "workers", "tasks", "rows", "blocks", "rows/block", "bytes out", "s/task (mean, max)",
                "busy s",
                "starved s", "held s", "held by", "retries",
            ]
        ]
        for stage in stages {
            let holds = stage.heldBy.filter { $0.value >= 0.001 }.sorted { $0.value > $1.value }
            rows.append([
                stage.name, "\(stage.workers)", "\(stage.tasks)", "\(stage.rows)", "\(stage.blocksOut)",
                spread(stage.rowsPerBlock), "\(Bytes(stage.bytesOut))",
                "\(number(stage.wallSecondsPerTask.mean)), \(number(stage.wallSecondsPerTask.max))",
                number(stage.busySeconds), number(stage.starvedSeconds), number(stage.heldSeconds),
                holds.map { "\($0.key) \(number($0.value))" }.joined(separator: "; "), "\(stage.retries)",
            ])
        }
        return Self.table(rows)
    }

    private func spread(_ values: SpreadReport) -> String {
        values.min == values.max ? "\(Int(values.min))" : "\(Int(values.min))…\(Int(values.max))"
    }

    /// Three decimals at most.
    private func number(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }

    private static func table(_ rows: [[String]]) -> String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var line = row.indices.map { row[$0] + String(repeating: " ", count: widths[$0] - row[$0].count) }
                .joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }
}
