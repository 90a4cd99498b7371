import Penstock

/// `write`: where rows go.
struct PipelineTarget {
    let table: WriteTable
    /// Where settings come from.
    let origins: [String: SettingOrigin]

    /// - `existing`: what was typed, which goes before what the file says.
    init(_ node: PipelineNode, existing: ExistingOutput?) throws(PlanError) {
        let map = try PipelineMap(node, "write", known: PipelineSchema.write)
        let given = map.present(PipelineSchema.targets)
        guard given.count == 1, let format = given.first else {
            let place = given.count > 1 ? map.place(of: given[1]) : map.place
            throw place.error("write: name one folder with one of parquet, csv, json, such as parquet: predictions/.")
        }
        guard let directory = try map.text(format) else {
            throw map.place(of: format).error("write.\(format): expected a folder, and there is nothing.")
        }
        let formats: [String: OutputFormat] = ["parquet": .parquet, "csv": .csv, "json": .jsonl]
        var table = WriteTable(directory: directory, format: formats[format] ?? .parquet)
        table.partitionBy = try map.texts("partition-by") ?? []
        table.rowsPerFile = try map.integer("rows-per-file")
        table.bytesPerFile = try map.bytes("bytes-per-file")
        var origins = ["format": map.place(of: format).origin]
        if let text = try map.text("existing") {
            guard let known = ExistingOutput(rawValue: text) else {
                throw map.wrong("existing", "refuse, resume or overwrite")
            }
            table.existing = known
            origins["existing-output"] = map.place(of: "existing").origin
        }
        if let existing {
            table.existing = existing
            origins["existing-output"] = .flag
        }
        self.table = table
        self.origins = origins
    }
}
