import Foundation
import Testing

@testable import Penstock

@Suite("What is known of the machine")
struct MachineTests {
    private static let taskset = "/usr/bin/taskset"

    @Test(
        "A program that is pinned to one processor plans for one core, however many are online",
        .enabled(if: FileManager.default.isExecutableFile(atPath: taskset), "needs taskset of util-linux")
    )
    func affinity() throws {
        let job = try SmallJob(images: 1)
        let words = ["explain", "images", "--model", "tiny.onnx", "--output", "out"]
        let first = ProcessInfo.processInfo.processorCount - 1
        let plan = try Program.run(words, in: job.folder, launcher: [Self.taskset, "-c", "\(first)"])
        let line = plan.output.split(separator: "\n").first { $0.drop { $0 == " " }.hasPrefix("cores ") }
        #expect(line?.split(separator: " ").dropFirst().first == "1", "\(plan.output)\(plan.error)")
    }

    @Test(
        "Lists of the kernel's are counted",
        arguments: [("\t0-1", 2), ("0", 1), ("0-3,8,10-11", 7), ("", nil), ("3-1", nil), ("a", nil)] as [(String, Int?)]
    )
    func lists(text: String, count: Int?) {
        #expect(MachineFacts.count(ofList: text) == count)
    }
}
