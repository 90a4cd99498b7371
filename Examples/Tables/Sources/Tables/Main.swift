// Tables in, tables out: rows are read from Parquet, some are kept, a column is computed, and the result is written by group.
import Penstock

@main
struct Tables {
    static func main() async throws {
        guard let folder = CommandLine.arguments.dropFirst().first else {
            print("usage: Tables FOLDER")
            return
        }
        // Something to read: 10,000 orders.
        try await Dataset.range(10_000)
            .map { row, out in
                let id = try row.int("id")
                out.set("order", id)
                out.set("country", ["AT", "CH", "DE"][id % 3])
                out.set("euros", Double(id % 200))
                out.set("comment", "order number \(id)")
            }
            .writeParquet(to: folder + "/orders", existing: .overwrite, rowsPerFile: 2_500)

        // `comment` is not read at all, and the other steps share a task; explain says both.
        let orders = Dataset.readParquet(from: [folder + "/orders"])
        let large =
            orders
            .selectColumns(["order", "country", "euros"])
            .filter("large") { try $0.double("euros") >= 150 }
            .addColumn("cents", type: .int64) { batch in
                Column(int64: try batch.block.rows.map { Int64(try $0.double("euros") * 100) })
            }
        print(try large.explain())
        let report = try await large.writeParquet(to: folder + "/large", existing: .overwrite, partitionBy: ["country"])
        print("\(report.rowsWritten) of \(try await orders.count()) rows are large")  // counted from the files' footers

        // Results are gone through in batches; they are never in memory together.
        var sum = 0
        for try await batch in large.iterBatches(batchSize: 500) {
            sum += try batch.block.int64s("cents").array.reduce(0) { $0 + Int($1) }
        }
        print("they are worth \(sum / 100) euros")
    }
}
