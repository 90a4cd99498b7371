import Foundation
import GRDB
import PenstockCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The ledger's database file: how it is opened, and what tables it has.
enum LedgerFile {
    /// How long a process waits for another one that writes.
    private static let patience = 10.0

    /// The tables, version by version.
    ///
    /// A migration that was released never changes; the next one follows it.
    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: runs") { database in
            try database.create(table: "run") { table in
                table.autoIncrementedPrimaryKey("id")
                table.column("date", .datetime).notNull()
                for name in ["command", "output", "model", "modelHash", "machine", "versions", "outcome", "precision"] {
                    table.column(name, .text).notNull()
                }
                for name in ["limit", "verdict", "job", "report"] { table.column(name, .text).notNull() }
                table.column("rows", .integer).notNull()
                table.column("rate", .double).notNull()
            }
            try database.create(index: "runByJob", on: "run", columns: ["job", "id"])
        }
        return migrator
    }

    /// Opens the file, making it and its folder where they are not there, and brings its tables up to date.
    ///
    /// - Throws: `StageError` that names the file.
    static func open(_ path: String) throws -> DatabaseQueue {
        do {
            let folder = URL(filePath: path).deletingLastPathComponent()
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            return try withLock("\(path).lock") { try migrated(path) }
        } catch let error as StageError {
            throw error
        } catch let error as DatabaseError where [.SQLITE_NOTADB, .SQLITE_CORRUPT].contains(error.resultCode) {
            throw StageError(
                .damagedData,
                "the run ledger \(path) is not a database that can be read (\(error.message ?? "damaged")). Move it away; a new one is begun with the next run."
            )
        } catch {
            throw StageError(.inputOutput, "the run ledger \(path) cannot be opened: \(Self.text(error)).")
        }
    }

    private static func migrated(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(patience)
        let database = try DatabaseQueue(path: path, configuration: configuration)
        if try database.read(migrator.hasBeenSuperseded) {
            throw StageError(
                .unsupportedFormat,
                "the run ledger \(path) was written by a newer version of Penstock. Use that version, or name another folder with PENSTOCK_DATA."
            )
        }
        try migrator.migrate(database)
        return database
    }

    /// One process at a time: two that make the same tables at once would stumble over each other.
    private static func withLock<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
        let descriptor = openat(AT_FDCWD, path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw StageError(
                .inputOutput,
                "the run ledger's lock \(path) cannot be opened: \(Platform.errorText(errno))."
            )
        }
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
        return try body()
    }

    /// An error without the statement that it occurred in.
    static func text(_ error: any Error) -> String {
        (error as? DatabaseError)?.message ?? (error as NSError).localizedDescription
    }
}
