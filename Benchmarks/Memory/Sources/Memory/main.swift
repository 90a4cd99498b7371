// Pushes synthetic blocks of many gigabytes through a run of little memory into a slow consumer, and says what was held.
//
//     memory GIGABYTES MEBIBYTES_OF_MEMORY BLOCK_MEBIBYTES
//
// The consumer reads every byte before it asks for more, so it is slower than the two workers that make the blocks.
import Penstock

let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
guard numbers.count == 3, numbers.allSatisfy({ $0 > 0 }) else {
    print("usage: memory GIGABYTES MEBIBYTES_OF_MEMORY BLOCK_MEBIBYTES")
    throw PlanError("three numbers are needed")
}
let blockBytes = numbers[2] << 20
let blockCount = numbers[0] * 1_000_000_000 / blockBytes
var options = RunOptions()
options.memory = .value(.mebibytes(numbers[1]))
let monitor = RunMonitor()
options.monitor = monitor

let dataset = Dataset.range(blockCount, overrideBlockCount: blockCount)
    .mapBatches("make", batchSize: 1) { batch in
        var bytes = MutableBuffer<UInt8>(count: blockBytes)
        let number = UInt8(truncatingIfNeeded: try batch.block.int64s("id")[0])
        // Every page is written, so that all of it is resident.
        bytes.withMutableSpan { span in for index in span.indices { span[index] = number } }
        return try Block(columns: [
            "block": Column(.tensorUInt8(Tensor(shape: [1, blockBytes], elements: bytes.freeze())))
        ])
    }

var taken = 0
var sum: UInt64 = 0
for try await batch in dataset.iterBatches(batchSize: 1, options: options) {
    let bytes = try batch.block.tensorUInt8("block").elements
    for _ in 0..<3 { bytes.withSpan { span in for index in span.indices { sum &+= UInt64(span[index]) } } }
    taken += bytes.count
}
print("\(Double(taken) / 1e9) GB taken with a limit of \(numbers[1]) MiB, checksum \(sum)")
