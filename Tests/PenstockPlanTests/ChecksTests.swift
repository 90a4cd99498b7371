import PenstockCore
import Testing

@testable import PenstockPlan

/// Plans that cannot run, refused before anything does: the whole messages.
@Suite struct ChecksTests {
    private func message(
        cores: Int = 2,
        memory: Bytes = .mebibytes(64),
        gpus: Int = 0,
        _ steps: LogicalOperator...,
        source: LogicalOperator = .range(RangeRows(count: 1_000_000_000))
    ) -> String? {
        var options = RunOptions()
        options.memory = .value(memory)
        let plan = LogicalPlan([source] + steps + [.collect])
        do throws(PlanError) {
            _ = try Planner(machine: MachineFacts(cores: cores, memory: .gibibytes(8), gpus: gpus), options: options)
                .plan(plan)
            return nil
        } catch {
            return error.message
        }
    }

    private func mine(_ change: (inout CustomTransform) -> Void) -> LogicalOperator {
        var transform = CustomTransform(name: "mine", position: 0, kind: .mapBatches)
        change(&transform)
        return .transform(transform)
    }

    @Test func moreWorkersThanResourcesAreRefusedWithTheArithmetic() {
        #expect(
            message(
                mine {
                    $0.compute = .actors(2); $0.resources.cpus = 2
                }
            )
                == "mine: 2 workers × 2 CPU = 4 CPUs, and there are 2 (shared with reading and decoding), so they could never all work. Use .actors(1), or Resources(cpus: 1) if each really needs less."
        )
        #expect(
            message(mine { $0.compute = .tasks(concurrency: 3) })
                == "mine: 3 workers × 1 CPU = 3 CPUs, and there are 2 (shared with reading and decoding), so they could never all work. Use .tasks(concurrency: 2), or Resources(cpus: 0.6666666666666666) if each really needs less."
        )
        #expect(
            message(
                gpus: 1,
                mine {
                    $0.compute = .actors(3); $0.resources = Resources(cpus: 0, gpus: 0.5)
                }
            )
                == "mine: 3 workers × 0.5 GPU = 1.5 GPUs, and there are 1. Use fewer workers, or a smaller share of a GPU for each."
        )
        #expect(
            message(
                mine {
                    $0.compute = .actors(2); $0.resources.memory = .mebibytes(40)
                }
            )
                == "mine: 2 workers × 40 MiB = 80 MiB, and the run may take 64 MiB. Raise --memory, or use fewer workers."
        )
    }

    @Test func whatOneTaskNeedsMustBeThere() {
        #expect(
            message(mine { $0.resources.cpus = 3 })
                == "mine: one task needs 3 CPUs and there are 2, so it could never run. Lower Resources(cpus:) to 2 or less."
        )
        #expect(
            message(mine { $0.resources.gpus = 1 })
                == "mine: one task needs 1 GPUs and there are 0, so it could never run. Lower Resources(gpus:), or run where there is one; penstock backends lists the devices."
        )
        #expect(
            message(mine { $0.resources.memory = .mebibytes(65) })
                == "mine: one worker keeps 65 MiB and the run may take 64 MiB, so it could never start. Raise --memory or lower Resources(memory:)."
        )
        #expect(
            message(mine { $0.resources.cpus = -1 })
                == "mine: Resources(cpus: -1.0, gpus: 0.0): 0 or more of each."
        )
        #expect(
            message(mine { $0.resources.maxConcurrency = 0 })
                == "mine: maxConcurrency 0: at least 1 task must run."
        )
    }

    @Test func whatFitsExactlyIsTaken() {
        #expect(message(mine { $0.compute = .actors(2) }) == nil, "the plan that deadlocks in Ray has workers in turn")
        #expect(
            message(
                mine {
                    $0.compute = .actors(4); $0.resources.cpus = 0.5
                }
            ) == nil
        )
        #expect(message(mine { $0.compute = .actors(0...8) }) == nil, "a range is refused by its lower end only")
        #expect(message(mine { $0.compute = .actors(1...8) }) == nil)
    }

    @Test(arguments: [Compute.actors(0), .tasks(concurrency: 0), .actors(-1), .actors(2000)])
    func numbersOfWorkersThatMakeNoSense(compute: Compute) {
        let message = message(cores: 4000, mine { $0.compute = compute })
        #expect(message == "mine: \(compute): the number of workers is between 1 and 1024.")
    }

    @Test func batchesLargerThanTheMemoryAreRefusedWhereRowsAreKnown() {
        let refusal =
            "a batch of 100000000 rows × 8 B = 762.9 MiB, and the run may take 64 MiB. Use at most 8388608 rows, or raise --memory."
        #expect(message(mine { $0.batch = .exactly(100_000_000) }) == "mine: \(refusal)")
        #expect(message(.repartition(.rowsPerBlock(100_000_000))) == "repartition: \(refusal)")
        #expect(message(mine { $0.kind = .filter }, mine { $0.batch = .exactly(100_000_000) }) == "mine: \(refusal)")
        #expect(message(mine { $0.batch = .exactly(8_388_608) }) == nil)
        #expect(message(.limit(10), mine { $0.batch = .exactly(100_000_000) }) == nil, "there are only 10 rows")
        let items = MemoryRows(position: 0, rowCount: 1000, bytes: .mebibytes(128), blockCount: 1, fields: nil)
        #expect(message(mine { $0.batch = .exactly(500) }, source: .items(items)) == nil)
        #expect(message(mine { $0.batch = .exactly(900) }, source: .items(items)) != nil)
        #expect(message(mine { $0.batch = .exactly(.max) }, source: .range(RangeRows(count: .max))) != nil)
    }

    @Test func columnsThatCannotBe() {
        #expect(message(.columns(.select([]))) == "selectColumns([]): a row has at least one column.")
        #expect(
            message(.columns(.select(["a", "b", "a"])))
                == "selectColumns names \"a\" twice; a row has each column once."
        )
        #expect(
            message(.columns(.rename(["a": "x", "b": "x"])))
                == "renameColumns gives two columns the name \"x\"; rename or drop one of them."
        )
        #expect(message(.columns(.rename(["a": "b", "b": "a"]))) == nil)
    }

    @Test func emitNullNeedsToKnowTheColumns() {
        #expect(
            message(mine { $0.onError = .emitNull })
                == "mine: emitNull needs to know the columns that a failed batch lacks. Declare them: schema: [Field(\"name\", .float32)]."
        )
        #expect(
            message(
                mine {
                    $0.onError = .emitNull; $0.kind = .addColumn; $0.column = "mine"
                }
            )
                == "mine: emitNull needs the type of the column that a failed batch lacks. Declare it: addColumn(\"mine\", type: .float32, onError: .emitNull)."
        )
        #expect(
            message(
                mine {
                    $0.onError = .emitNull; $0.kind = .map
                }
            ) == nil
        )
    }

    @Test func countsOutOfRange() {
        #expect(message(.limit(-1)) == "limit -1: a limit is 0 or more rows.")
        #expect(message(.repartition(.blocks(0))) == "repartition(0): at least 1 is needed.")
        #expect(message(.repartition(.rowsPerBlock(-2))) == "repartition(-2): at least 1 is needed.")
        #expect(message(source: .range(RangeRows(count: -1))) == "range(-1): a range has 0 or more rows.")
        #expect(
            message(source: .range(RangeRows(count: 5, blockCount: 0)))
                == "overrideBlockCount 0: at least 1 block is needed."
        )
        #expect(message(mine { $0.onError = .skip(max: -1) }) == "mine: skip(max: -1): 0 or more rows may be skipped.")
    }

    @Test func rangesOfAnySizeCanBePlanned() {
        #expect(message(mine { $0.kind = .filter }, source: .range(RangeRows(count: .max))) == nil)
        #expect(message(source: .range(RangeRows(count: .max, blockCount: 3))) == nil)
        #expect(message(source: .range(RangeRows(count: 0))) == nil)
    }

    @Test func aTransformBetweenSourcesOfAUnionIsRefusedWithTheWayOut() {
        let odd = LogicalPlan([.range(RangeRows(count: 5)), mine { $0.kind = .map }])
        #expect(
            message(source: .union([LogicalPlan([.range(RangeRows(count: 1))]), odd]))
                == "union joins sources; one of them has Map[mine] behind it. Call union first, and transform the rows of all sources together."
        )
    }
}

/// A limit behind other work takes the same rows in every run.
@Suite struct LimitOrderTests {
    @Test func onlyALimitThatStaysKeepsTheOrder() throws {
        func plan(_ dataset: Dataset, _ options: RunOptions = RunOptions()) throws -> PhysicalPlan {
            try Planner(machine: machine(2), options: options).plan(dataset.appending(.collect).plan)
        }
        let range = Dataset.range(10)
        var filter = CustomTransform(name: "f", position: 0, kind: .filter)
        filter.onError = .fail
        #expect(try !plan(range.limit(3)).preservesOrder)
        let filtered = try plan(range.appending(.transform(filter)).limit(3))
        #expect(filtered.preservesOrder)
        let setting = try #require(filtered.allSettings.first { $0.name == "preserve-order" })
        #expect((setting.value, setting.origin) == ("true", .computed))
        #expect(setting.reason == "limit takes the first rows, in every run the same")
        var options = RunOptions()
        options.preservesOrder = true
        #expect(try plan(range, options).preservesOrder)
    }
}
