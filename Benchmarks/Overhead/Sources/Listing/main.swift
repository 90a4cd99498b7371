// Lists a folder of many small files, and reads the first of them. Benchmarks/listing.py runs this.
//
// usage: Listing FOLDER       prints a line of JSON
import Penstock

guard CommandLine.arguments.count == 2 else { fatalError("usage: Listing FOLDER") }
let files = Dataset.readBinaryFiles(from: [CommandLine.arguments[1]])
let clock = ContinuousClock()

/// Seconds from the call to the first file's bytes, while the rest is still to be listed.
func secondsToFirstRead() async throws -> Double {
    let start = clock.now
    for try await row in files.iterRows() {
        let size = try row.bytes("bytes").count
        precondition(size > 0, "the first file is empty")
        break
    }
    return (clock.now - start) / .seconds(1)
}

let first = try await secondsToFirstRead()
let start = clock.now
let count = try await files.count()
let seconds = (clock.now - start) / .seconds(1)
print("{\"files\": \(count), \"seconds_to_first_read\": \(first), \"files_per_second\": \(Double(count) / seconds)}")
