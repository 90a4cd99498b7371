import Foundation
import Penstock
import Testing

@Suite("Command line: what is refused", .serialized, .timeLimit(.minutes(10)))
struct RefusalTests {
    private let job: SmallJob

    init() throws {
        job = try SmallJob(images: 3)
        try job.folder.folder("empty")
        try job.folder.file("tables/a.csv")
        try job.folder.file("full/photo.jpg")
        try job.folder.file("three.txt", text: "a\nb\nc\n")
        try job.folder.file("file")
    }

    /// Runs `classify images --model tiny.onnx --output out` with some words replaced and some added.
    private func classify(
        _ words: [String],
        images: String = "images",
        model: String = "tiny.onnx",
        output: String = "out"
    ) throws
        -> Program.Ending
    {
        try Program.run(["classify", images, "--model", model, "--output", output] + words, in: job.folder)
    }

    private func expect(_ ending: Program.Ending, status: Int32, _ words: [String], _ context: String = "") {
        #expect(ending.status == status, "\(context): \(ending.error)")
        for word in words { #expect(ending.error.contains(word), "\(context): \(ending.error)") }
    }

    @Test("Folders that are wrong are refused with their names")
    func wrongFolders() throws {
        expect(try classify([], images: "nowhere"), status: 1, ["there is no file or folder \"nowhere\""])
        expect(try classify([], images: "empty"), status: 1, ["there are no images in \"empty\""])
        expect(try classify([], images: "tables"), status: 1, ["no images", "1 file of other kinds"])
        expect(
            try classify([], output: "full"),
            status: 2,
            ["\"full\" exists and is not empty", "--resume", "--overwrite"]
        )
        expect(try classify(["--overwrite"], output: "full"), status: 1, ["photo.jpg", "did not write"])
        expect(try classify([], output: "file/below"), status: 1, ["\"file\" is in the way"])
        #expect(try job.folder.entries("full") == ["photo.jpg"])
    }

    @Test("An output without permission is refused", .enabled(if: getuid() != 0, "root may write everywhere"))
    func outputWithoutPermission() throws {
        try job.folder.folder("locked")
        #expect(chmod(job.folder("locked"), 0o500) == 0)
        expect(try classify([], output: "locked/out"), status: 1, ["locked", "Permission denied"])
        #expect(chmod(job.folder("locked"), 0o700) == 0)
    }

    @Test("Models and labels that do not fit are refused with the cause")
    func wrongModels() throws {
        expect(try classify([], model: "absent.onnx"), status: 1, ["absent.onnx", "there is no such file"])
        expect(try classify(["--labels", "absent.txt"]), status: 1, ["there is no file \"absent.txt\""])
        expect(try classify(["--labels", "three.txt"]), status: 1, ["3 names", "10 classes", "three.txt"])
        expect(try classify(["--crop", "200"]), status: 1, ["200x200", "224"])
        expect(try classify(["--precision", "int8"]), status: 1, ["no int8 layers"])
        #expect(try !job.folder.entries().contains { $0.contains("part-") || $0.contains("_penstock/tmp") })
    }

    @Test(
        "Words that make no sense are wrong usage: exit 2, and the message names the word and what is allowed",
        arguments: [
            (["--preset", "imagenet"], ["no preset \"imagenet\"", "torchvision, caffe"]),
            (["--batch-size", "0"], ["--batch-size 0", "between 1 and"]), (["--batch-size=-3"], ["--batch-size -3"]),
            (["--batch-size", "many"], ["many"]), (["--resize", "0"], ["--resize 0"]), (["--crop=-1"], ["--crop -1"]),
            (["--crop", "300"], ["--crop 300", "--resize 256"]),
            (["--resize", "99999999"], ["--resize 99999999", "16384"]),
            (["--resize", "12e9999"], ["12e9999"]), (["--mean", "1,2"], ["--mean", "three"]),
            (["--std", "0,1,1"], ["--std", "0"]),
            (["--mean", "a,b,c"], ["a,b,c"]), (["--mean", "nan,0,0"], ["--mean"]), (["--channels", "bgra"], ["bgra"]),
            (["--memory", "12parsecs"], ["12parsecs"]), (["--memory", "1MiB"], ["--memory 1 MiB", "64 MiB"]),
            (["--top-k", "0"], ["--top-k 0"]), (["--limit=-1"], ["limit -1"]),
            (["--model-workers", "0"], ["--model-workers 0"]),
            (["--decode-workers", "5000"], ["--decode-workers 5000"]), (["--retries=-1"], ["--retries -1"]),
            (["--device", "tpu"], ["--device tpu"]), (["--device", "gpu:x"], ["gpu:x"]),
            (["--precision", "f8"], ["f8"]),
            (["--format", "xls"], ["xls"]), (["--max-bad-rows", "200%"], ["200%"]), (["--exif", "maybe"], ["maybe"]),
            (["--resume", "--overwrite"], ["--resume and --overwrite contradict"]), (["--frobnicate"], ["frobnicate"]),
            (["--model-workers", "64", "--cores", "2"], ["64 model workers", "2 cores"]),
        ] as [([String], [String])]
    )
    func nonsenseIsWrongUsage(words: [String], expected: [String]) throws {
        expect(try classify(words), status: 2, expected, words.joined(separator: " "))
        #expect(!job.folder.exists("out"), "nothing is made before the words are understood")
    }

    @Test(
        "What is missing on the command line is wrong usage, too",
        arguments: [
            (["classify", "images", "--output", "out"], "--model"),
            (["classify", "images", "--model", "m.onnx"], "--output"),
            (["classify", "--model", "m.onnx", "--output", "out"], "paths"), (["frobnicate"], "frobnicate"),
            (["show"], "directory"),
        ]
    )
    func missingWords(arguments: [String], word: String) throws {
        expect(try Program.run(arguments, in: job.folder), status: 2, [word])
    }

    @Test("Folders without predictions cannot be shown")
    func nothingToShow() throws {
        expect(try Program.run(["show", "absent"], in: job.folder), status: 1, ["absent"])
        expect(try Program.run(["show", "images"], in: job.folder), status: 1, ["holds no predictions"])
        expect(try Program.run(["show", "images", "--rows=-1"], in: job.folder), status: 2, ["--rows -1"])
    }

    @Test("A missing OpenVINO is told with the command that installs it", arguments: ["classify", "backends"])
    func missingBackend(command: String) throws {
        let job = ["classify": ["classify", "images", "--model", "tiny.onnx", "--output", "out"]][command] ?? [command]
        let ending = try Program.run(
            job,
            in: self.job.folder,
            ["PENSTOCK_OPENVINO_LIBRARY": "/nowhere/libopenvino_c.so"]
        )
        expect(ending, status: 1, ["/nowhere/libopenvino_c.so", "pip install openvino"])
    }

    @Test(
        "The bad models of realdata: exit 1 with the true cause",
        .tags(.native),
        .enabled(if: RealData.isPresent, RealData.reason),
        arguments: [
            ("html-page-named-mobilenetv2-7.onnx", "HTML page"),
            ("lfs-pointer-siromermer_yolov8n.onnx", "git lfs pull"),
            ("missing-external-data.onnx", "weights"),
        ]
    )
    func badModels(name: String, cause: String) throws {
        expect(try classify([], model: RealData.path("odd/bad-models/\(name)")), status: 1, [cause, name])
    }

    @Test("More bad rows than allowed: exit 3, and what was written stays")
    func tooManyBadRows() throws {
        for index in 0..<3 { try job.folder.file("images/bad\(index).jpg", text: "no image") }
        let ending = try classify(["--max-bad-rows", "2"])
        expect(ending, status: 3, ["3 of", "more than --max-bad-rows 2 allows"])
        #expect(ending.output.contains("too many bad rows"))
        #expect(try quarantinedRows(job.folder("out")).count == 3)
    }
}
