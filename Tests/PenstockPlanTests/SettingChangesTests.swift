import PenstockCore
import Testing

@testable import PenstockPlan

@Suite("Changes of settings")
struct SettingChangesTests {
    @Test("A list of changes is read, applied, and told as it was typed")
    func roundTrip() throws {
        let changes = try SettingChanges(parsing: "read-ahead=8MiB,batch-size=16,decode-workers=auto")
        #expect(changes.description == "batch-size=16,decode-workers=auto,read-ahead=8MiB")
        var options = RunOptions()
        options.decodeWorkers = .value(7)
        options = try changes.applied(to: options)
        #expect(options.batchSize.chosen == 16)
        #expect(options.decodeWorkers.chosen == nil)
        #expect(options.readAhead.chosen == .mebibytes(8))
    }

    @Test("What is part of the plan is changed there, and the rest of the plan stays")
    func plan() throws {
        var classifier = Classifier(model: "m.onnx", labels: "l.txt")
        classifier.topK = 3
        let plan = LogicalPlan([
            .readImages(ReadImages(paths: ["p"])), .predict(classifier), .write(WriteTable(directory: "o")),
        ])
        let changes = SettingChanges(["precision": "bf16", "resize-quality": "fast", "format": "csv"])
        let changed = try changes.applied(to: Dataset(plan: plan)).plan
        classifier.precision = .bf16
        classifier.resizeQuality = .fast
        #expect(changed.operators[1] == .predict(classifier))
        #expect(changed.operators[2] == .write(WriteTable(directory: "o", format: .csv)))
        #expect(changed.operators[0] == plan.operators[0])
    }

    @Test(
        "What cannot be read is refused, with what is meant",
        arguments: [
            ("batch-sise=3", "Did you mean \"batch-size\"?"), ("batch-size", "name=value"),
            ("batch-size=0", "above 0"), ("memory=much", "a size"),
        ]
    )
    func refusals(text: String, part: String) {
        let error = #expect(throws: PlanError.self) {
            _ = try SettingChanges(parsing: text).applied(to: RunOptions())
        }
        #expect(error?.message.contains(part) == true)
    }

    @Test("Every name of a setting changes the plan or the options", arguments: SettingChanges.names)
    func names(name: String) throws {
        let words = ["format": "jsonl", "precision": "f32", "resize-quality": "fast"]
        let sizes = ["block-bytes": "77MiB", "memory": "1GiB", "read-ahead": "3MiB"]
        let changes = SettingChanges([name: words[name] ?? sizes[name] ?? "3"])
        let plan = LogicalPlan([
            .readImages(ReadImages(paths: ["p"])), .predict(Classifier(model: "m")),
            .write(WriteTable(directory: "o")),
        ])
        let machine = MachineFacts(cores: 8, memory: .gibibytes(8))
        let usual = try Planner(machine: machine, options: RunOptions()).plan(plan).allSettings
        let options = try changes.applied(to: RunOptions())
        let changed = try Planner(machine: machine, options: options).plan(
            try changes.applied(to: Dataset(plan: plan)).plan
        )
        #expect(usual.first { $0.name == name }?.value != changed.allSettings.first { $0.name == name }?.value)
    }
}
