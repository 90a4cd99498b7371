import Testing

@testable import PenstockCore

@Suite struct SpellingTests {
    @Test(arguments: [
        ("", "abc", 3), ("abc", "abc", 0), ("nmae", "name", 1), ("kitten", "sitting", 3), ("ca", "abc", 3),
    ])
    func distance(first: String, second: String, wanted: Int) {
        #expect(Spelling.distance(first, second) == wanted)
        #expect(Spelling.distance(second, first) == wanted)
    }

    @Test(arguments: [("nmae", "name"), ("Label", "label"), ("pth", "path"), ("zzzz", nil), ("id", "is")])
    func nearest(name: String, wanted: String?) {
        #expect(Spelling.nearest(to: name, among: ["name", "label", "path", "is"]) == wanted)
    }
}
