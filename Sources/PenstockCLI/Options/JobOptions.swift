import ArgumentParser
import Penstock

/// What to classify with what, and where to.
struct JobOptions: ParsableArguments {
    @Argument(help: "Images: files, folders (searched recursively), patterns, or lists of paths (list.txt, @list).")
    var paths: [String]

    @Option(name: .shortAndLong, help: "The model: an ONNX file, or an OpenVINO IR (.xml).")
    var model: String

    @Option(name: .shortAndLong, help: "The folder that receives the predictions.")
    var output: String

    @OptionGroup var input: ImageInputOptions

    @OptionGroup var classOptions: ClassOptions

    @OptionGroup var shared: SharedOptions

    func job() throws(PlanError) -> Job {
        try shared.classification(of: input.dataset(paths), by: model, classOptions.classes, to: output)
    }
}

/// Flags about classes.
struct ClassOptions: ParsableArguments {
    @Option(help: ArgumentHelp("File with one class name a line; adds a column label.", valueName: "file"))
    var labels: String?

    @Option(help: ArgumentHelp("Write the n most probable classes as lists.", valueName: "n"))
    var topK: Int?

    var classes: ClassColumns { ClassColumns(labels: labels, topK: topK) }
}

/// What is written about classes.
struct ClassColumns: Sendable {
    /// File with one class name a line.
    var labels: String?
    /// The most probable classes as lists.
    var topK: Int?
}

extension SharedOptions {
    /// The job of `classify`.
    func classification(
        of images: Dataset,
        by model: String,
        _ classes: ClassColumns,
        to output: String
    ) throws(PlanError) -> Job {
        let classifier = try classifier(model, classes)
        let limited = rows.limit.map { images.limit($0) } ?? images
        var options = runOptions()
        if classes.topK != nil { options.origins["top-k"] = .flag }
        var job = Job(dataset: limited.predict(with: classifier), table: writing.table(output), options: options)
        job.settingsAre = .flags
        return job
    }

    /// A classifier as these options say.
    func classifier(_ model: String, _ classes: ClassColumns) throws(PlanError) -> Classifier {
        let plain = Classifier(model: model, labels: classes.labels)
        var classifier = try speed.configured(try preprocessing.configured(plain))
        classifier.topK = classes.topK ?? 1
        return classifier
    }
}
