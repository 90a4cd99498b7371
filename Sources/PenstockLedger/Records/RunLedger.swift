package import Foundation
import GRDB
import PenstockCore

/// The user's runs on this machine, in a SQLite file that several processes may use at once.
package struct RunLedger: Sendable {
    /// What is asked for.
    package struct Query: Sendable {
        /// The most records.
        package var limit = 20
        /// A part of the model's file name, or the beginning of its hash.
        package var model: String?

        /// The latest 20.
        package init() {}
    }

    private let database: DatabaseQueue
    /// The file.
    package let path: String

    /// Opens or makes the ledger of a data folder.
    ///
    /// - Throws: `StageError` for a file that is damaged, of a newer version, or cannot be opened.
    package init(folder: String) throws {
        path = "\(folder)/ledger.sqlite"
        database = try LedgerFile.open(path)
    }

    /// Adds a run.
    ///
    /// - Returns: its number.
    @discardableResult
    package func add(_ record: RunRecord) throws -> Int64 {
        try access {
            try database.write { database in
                try record.insert(database)
                return database.lastInsertedRowID
            }
        }
    }

    /// Records, the latest first.
    package func runs(_ query: Query = Query()) throws -> [RunRecord] {
        try access {
            try database.read { database in
                var request = RunRecord.order(Column("id").desc)
                if let model = query.model {
                    // Not LIKE: % and _ are letters in file names.
                    let holds = SQL("instr(model, \(model)) > 0 OR instr(modelHash, \(model)) = 1")
                    request = request.filter(literal: holds)
                }
                return try request.limit(query.limit).fetchAll(database)
            }
        }
    }

    /// One record; nil where there is none of this number.
    package func run(_ id: Int64) throws -> RunRecord? {
        try access { try database.read { try RunRecord.fetchOne($0, key: id) } }
    }

    /// Runs of the same job that ended well, the latest first.
    ///
    /// - `range`: numbers that they may have.
    package func runs(ofJob job: String, in range: ClosedRange<Int64>, atMost limit: Int) throws -> [RunRecord] {
        try access {
            try database.read { database in
                try RunRecord
                    .filter(Column("job") == job && range.contains(Column("id")) && Column("outcome") == "done")
                    .order(Column("id").desc).limit(limit).fetchAll(database)
            }
        }
    }

    /// Removes one record.
    ///
    /// - Returns: whether there was one.
    package func forget(_ id: Int64) throws -> Bool {
        try access { try database.write { try RunRecord.deleteOne($0, key: id) } }
    }

    /// Removes what ended before a date.
    ///
    /// - Returns: how many there were.
    package func forget(before date: Date) throws -> Int {
        try access { try database.write { try RunRecord.filter(Column("date") < date).deleteAll($0) } }
    }

    /// Database errors say which file they are about.
    private func access<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as DatabaseError {
            let isDamaged = [.SQLITE_NOTADB, .SQLITE_CORRUPT].contains(error.resultCode)
            throw StageError(
                isDamaged ? .damagedData : .inputOutput,
                "the run ledger \(path) cannot be used: \(LedgerFile.text(error)).\(isDamaged ? " Move it away; a new one is begun with the next run." : "")"
            )
        }
    }
}
