// Reads small objects of a store whole, in bounded memory. Benchmarks/objects.py runs this before a server on loopback.
//
// usage: Objects URI MEBIBYTES       prints a line of JSON
import Penstock

let arguments = CommandLine.arguments.dropFirst().map { $0 }
guard arguments.count == 2, let mebibytes = Int(arguments[1]) else { fatalError("usage: Objects URI MEBIBYTES") }
var options = RunOptions()
options.memory = .value(.mebibytes(mebibytes))
options.retries = 9

var times: [String: Int] = [:]
var wrong = 0
let clock = ContinuousClock()
let start = clock.now
var first = Duration.zero
for try await row in Dataset.readBinaryFiles(from: [arguments[0]]).iterRows(options: options) {
    if times.isEmpty { first = clock.now - start }
    let path = try row.string("path")
    times[path, default: 0] += 1
    // Object i has i % 100 bytes.
    let index = Int(path.split(separator: "/").last?.prefix(5) ?? "") ?? -1
    if try row.bytes("bytes").count != index % 100 { wrong += 1 }
}
let seconds = (clock.now - start) / .seconds(1)
let twice = times.values.reduce(0) { $0 + $1 - 1 }
print(
    "{\"objects\": \(times.count), \"twice\": \(twice), \"wrong\": \(wrong), \"seconds\": \(seconds), "
        + "\"first_row_seconds\": \(first / .seconds(1))}"
)
