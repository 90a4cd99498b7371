import PenstockCore
import Testing

@testable import PenstockStages

@Suite("Model files")
struct ModelFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(
        "Labels are lines: CR LF, blanks within and empty names count, trailing empty lines do not",
        arguments: [
            ("a\nb\nc\n", ["a", "b", "c"]), ("a\r\nb\r\n", ["a", "b"]), ("a", ["a"]), ("a\n\nc\n\n\n", ["a", "", "c"]),
            (" tench, Tinca \n日本", [" tench, Tinca ", "日本"]),
        ]
    )
    func labels(text: String, expected: [String]) throws {
        #expect(try ModelFile.labels(folder.file("labels.txt", text: text)) == expected)
    }

    @Test("Labels that are not there, or are none, are errors that name the file")
    func unusableLabels() throws {
        let missing = try stageError { _ = try ModelFile.labels(folder("absent.txt")) }
        #expect(missing.code == .notFound)
        #expect(missing.message == "there is no file \"\(folder("absent.txt"))\".")
        try folder.file("empty.txt", text: "\n\n")
        #expect(try stageError { _ = try ModelFile.labels(folder("empty.txt")) }.message.contains("is empty"))
    }

    @Test(
        "The hash is SHA-256 of the content",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ]
    )
    func hash(text: String, expected: String) throws {
        #expect(try ModelFile.hash(folder.file("model.onnx", text: text)) == expected)
    }

    @Test("A hash that is made beside other work is the same, more than once, and so is its error")
    func pendingHash() throws {
        let path = try folder.file("model.onnx", [UInt8](repeating: 7, count: 2_000_000))
        let pending = Pending { () throws(StageError) in try ModelFile.hash(path) }
        #expect(try pending.value() == ModelFile.hash(path))
        #expect(try pending.value() == ModelFile.hash(path))
        let absent = folder("absent")
        let failing = Pending { () throws(StageError) in try ModelFile.hash(absent) }
        #expect(try stageError { _ = try failing.value() }.code == .notFound)
    }

    @Test("A hash is remembered for a file that has not changed since")
    func rememberedHash() throws {
        let old = "/bin/sh"  // any file that was not changed within the last second
        let memory = folder("cache")
        #expect(try ModelFile.hash(old, rememberedIn: memory) == ModelFile.hash(old))
        let known = try #require(HashMemory(directory: memory, of: old))
        #expect(try known.read() == ModelFile.hash(old))
        let other = String(repeating: "a", count: 64)
        known.write(other)
        #expect(try ModelFile.hash(old, rememberedIn: memory) == other)  // so the file was not read again
    }

    @Test("A hash is not remembered for a file that has just changed, or changes meanwhile")
    func hashOfChangingFile() throws {
        let path = try folder.file("model.onnx", text: "first")
        let memory = folder("cache")
        _ = try ModelFile.hash(path, rememberedIn: memory)
        let before = try #require(HashMemory(directory: memory, of: path))
        #expect(before.read() == nil)
        _ = try folder.file("model.onnx", text: "second")
        #expect(try ModelFile.hash(path, rememberedIn: memory) == ModelFile.hash(path))
        #expect(HashMemory(directory: nil, of: path)?.read() == nil)
        #expect(HashMemory(directory: memory, of: folder("absent"))?.read() == nil)
    }

    @Test("A stored hash that is none is not used", arguments: ["", "abc", String(repeating: "x", count: 64)])
    func damagedMemory(text: String) throws {
        let memory = try #require(HashMemory(directory: folder("cache"), of: "/bin/sh"))
        memory.write(text)
        #expect(memory.read() == nil)
        #expect(try ModelFile.hash("/bin/sh", rememberedIn: folder("cache")) == ModelFile.hash("/bin/sh"))
    }

    @Test("A hash over more than one read is that of the whole", arguments: [1 << 20, (1 << 20) + 1, 3_000_000])
    func hashOfLargeFiles(size: Int) throws {
        let path = try folder.file("large", [UInt8](repeating: 0, count: size))
        let other = try folder.file("other", [UInt8](repeating: 0, count: size - 1) + [1])
        #expect(try ModelFile.hash(path) == ModelFile.hash(path))
        #expect(try ModelFile.hash(path) != ModelFile.hash(other))
    }

    @Test(
        "What people pass by mistake is named",
        arguments: [
            ([], "is empty"), (Array("PK\u{3}\u{4}12345678".utf8), "zip archive"),
            ([0xFD] + Array("7zXZ\u{0}".utf8), "unxz"),
            (Array("GGUF1234".utf8), "GGUF"), ([0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3, 4], "JPEG image"),
            (Array("hello world, this is text".utf8), "text file that begins with \"hello world"),
            (Array("version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 102\n".utf8), "(102 bytes)"),
            (Array("<!DOCTYPE html><html>".utf8), "HTML page"), ([0x3A, 0xFF, 0xFF, 0x7F, 1, 2], "cut short"),
        ] as [([UInt8], String)]
    )
    func mistakesAreNamed(bytes: [UInt8], words: String) throws {
        let path = try folder.file("model.onnx", bytes)
        let error = try stageError { _ = try ModelTraits(of: path) }
        #expect(error.code == .invalidModel)
        #expect(error.message.contains(words), "\(error.message)")
        #expect(error.message.contains("\"\(path)\""))
    }

    @Test("A model that is not there, and a folder, are named")
    func missingModels() throws {
        #expect(
            try stageError { _ = try ModelTraits(of: folder("absent.onnx")) }.message.contains("there is no such file")
        )
        #expect(try stageError { _ = try ModelTraits(of: folder.path) }.message.contains("this is a folder"))
    }

    @Test(
        "The bad models of realdata are refused with their true cause",
        .tags(.native),
        .enabled(if: RealData.isPresent, RealData.reason),
        arguments: [
            ("html-page-named-mobilenetv2-7.onnx", ["HTML page", "download the file itself"]),
            ("lfs-pointer-shoaibniloy_resnet50.onnx", ["Git-LFS pointer of 137 bytes", "git lfs pull"]),
            ("lfs-pointer-siromermer_resnet50.onnx", ["Git-LFS pointer of 134 bytes", "git lfs pull"]),
            ("lfs-pointer-siromermer_yolov8n.onnx", ["Git-LFS pointer of 133 bytes", "git lfs pull"]),
            ("missing-external-data.onnx", ["weights"]),
        ]
    )
    func badModelsOfRealdata(name: String, words: [String]) throws {
        let path = RealData.path("odd/bad-models/\(name)")
        let error = try stageError { _ = try ModelTraits(of: path) }
        #expect(error.code == .invalidModel)
        for word in words + [name] { #expect(error.message.contains(word), "\(error.message)") }
    }
}
