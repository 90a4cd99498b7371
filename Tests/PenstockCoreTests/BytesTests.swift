import PenstockCore
import Testing

@Suite struct BytesTests {
    @Test(arguments: [
        ("1GiB", 1 << 30), ("512 MiB", 512 << 20), ("1.5g", 3 << 29), ("2000000", 2_000_000), ("2MB", 2_000_000),
        ("0", 0),
    ])
    func sizesThatPeopleTypeAreRead(text: String, count: Int) {
        #expect(Bytes(parsing: text)?.count == count)
    }

    @Test(arguments: ["", "abc", "-1", "1 potato", "GiB", "1e99g", "1..2m"])
    func nonsenseIsNoSize(text: String) {
        #expect(Bytes(parsing: text) == nil)
    }

    @Test(arguments: [(0, "0 B"), (1023, "1023 B"), (64 << 20, "64 MiB"), (3 << 29, "1.5 GiB")])
    func sizesPrintAsPeopleWriteThem(count: Int, text: String) {
        #expect(Bytes(count).description == text)
    }
}
