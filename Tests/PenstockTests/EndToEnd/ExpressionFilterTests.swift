import Penstock
import Testing

@Suite("Filtering by expressions")
struct ExpressionFilterTests {
    @Test("An expression keeps what a closure keeps, and nothing runs before it is asked for")
    func keepsTheSame() async throws {
        let numbers = Dataset.range(10_000, overrideBlockCount: 7)
        let byText = try await numbers.filter(where: "id / 3 > 100 and id * 2 < 5000 or id = 9999").takeAll()
        let byCode = try await numbers.filter { row in
            let id = try row.int("id")
            return (id > 300 && id < 2500) || id == 9999
        }.takeAll()
        #expect(byText.map(\.description) == byCode.map(\.description))
        #expect(byText.count == 2200)
        _ = try numbers.filter(where: "no_such_column > 1")
    }

    @Test("Plans and schemas know the filter; long expressions are named in short")
    func plans() async throws {
        let filtered = try Dataset.range(10).filter(where: "id>3 AND id<8")
        #expect(try filtered.explain().contains("Filter[id > 3 and id < 8]"))
        #expect(try await filtered.schema()?.fields.map(\.name) == ["id"])
        #expect(try await filtered.count() == 4)
        let long = (0..<100).map { "id = \($0)" }.joined(separator: " or ")
        let plan = try Dataset.range(200).filter(where: long)
        #expect(try plan.explain().contains("…]") && !plan.explain().contains("id = 99"))
        #expect(try await plan.count() == 100)
    }

    @Test("A wrong expression is refused at once, a wrong column when rows come, with place and without talk of code")
    func errors() async throws {
        let refused = #expect(throws: PlanError.self) { try Dataset.range(10).filter(where: "id >") }
        #expect(refused?.message.hasSuffix("\n  id >\n      ^") == true)
        let failed = try await runError {
            _ = try await Dataset.range(10, overrideBlockCount: 1).filter(where: "idd > 1").takeAll()
        }
        #expect("\(failed)".contains("there is no column \"idd\"; there are \"id\". Did you mean \"id\"?"), "\(failed)")
        #expect("\(failed)".contains("block 0, rows 0..<10): there is"), "\(failed)")
        #expect(!"\(failed)".contains("onError") && failed.report.bytesHeldAtEnd == 0)
    }

    @Test("A cancelled run gives its memory back")
    func cancellation() async throws {
        let running = Task {
            try await Dataset.range(1_000_000_000).filter(where: "id < 0").count()
        }
        running.cancel()
        let error = await #expect(throws: RunError.self) { try await running.value }
        #expect(error?.reason == .interrupted && error?.report.bytesHeldAtEnd == 0)
    }
}
