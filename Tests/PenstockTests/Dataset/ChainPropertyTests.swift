import Penstock
import Testing

/// Random chains give what plain arrays give.
@Suite("Random chains", .timeLimit(.minutes(15)))
struct ChainPropertyTests {
    @Test("Rows, order, count, schema and blocks are those of the plain-array model", arguments: 0..<8)
    func chainsAgreeWithTheModel(part: Int) async throws {
        for seed in part * 40..<(part + 1) * 40 {
            let chain = RandomChain(seed: seed)
            guard try await disagreement(chain) != nil else { continue }
            let shrunk = try await shrunk(chain)
            Issue.record("seed \(seed): \(shrunk): \(try await disagreement(shrunk) ?? "") (first seen with \(chain))")
            return
        }
    }

    @Test("The model itself would notice: another order, another row, another column")
    func theModelSeesDifferences() async throws {
        var chain = RandomChain(seed: 1)
        chain.source = .range(20, blocks: 3)
        chain.steps = [.map(2), .addColumn(3), .filter(5)]
        #expect(try await disagreement(chain) == nil)
        let model = try ChainModel(chain)
        #expect(model.texts.count == 16)
        #expect(model.texts.first == "{id: 2, c1: 6}")
        chain.steps[0] = .map(4)
        #expect(try ChainModel(chain).texts != model.texts)
    }

    /// What differs; nil when nothing does.
    private func disagreement(_ chain: RandomChain) async throws -> String? {
        let model = try ChainModel(chain)
        do {
            return try await disagreement(model)
        } catch {
            return "\(error)"
        }
    }

    private func disagreement(_ model: ChainModel) async throws -> String? {
        var options = RunOptions()
        options.cores = .value(4)
        let made = try await model.dataset.materialize(options: options)
        let wanted = model.texts
        if made.rows.map(\.description) != wanted { return "rows \(made.rows.map(\.description)), not \(wanted)" }
        if made.report.bytesHeldAtEnd != 0 { return "\(made.report.bytesHeldAtEnd) bytes held at the end" }
        if let blocks = model.blockCount, made.blockCount != blocks {
            return "\(made.blockCount) blocks, not \(blocks)"
        }
        let count = try await model.dataset.count(options: options)
        if count != wanted.count { return "count \(count), not \(wanted.count)" }
        let first = try await model.dataset.take(5, options: options)
        if first.map(\.description) != Array(wanted.prefix(5)) { return "take(5) gives \(first.map(\.description))" }
        if let names = try await model.dataset.schema()?.fields.map(\.name), names != model.names {
            return "schema \(names), not \(model.names)"
        }
        var streamed: [String] = []
        for try await batch in model.dataset.iterBatches(batchSize: 7, options: options) {
            streamed += batch.block.rows.map(\.description)
        }
        return streamed == wanted ? nil : "iterBatches gives \(streamed), not \(wanted)"
    }

    /// The same disagreement with fewer steps, as far as steps can be left out one by one.
    private func shrunk(_ chain: RandomChain) async throws -> RandomChain {
        var smallest = chain
        var index = 0
        while index < smallest.steps.count {
            var shorter = smallest
            shorter.steps.remove(at: index)
            if try await disagreement(shorter) != nil {
                smallest = shorter
                index = 0
            } else {
                index += 1
            }
        }
        return smallest
    }
}
