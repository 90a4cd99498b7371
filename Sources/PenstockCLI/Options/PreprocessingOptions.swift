import ArgumentParser
import Penstock

/// From an image to the model's input.
struct PreprocessingOptions: ParsableArguments {
    @Option(help: "Preprocessing that the model was trained with: torchvision, caffe, inception or unit.")
    var preset: String?

    @Option(help: ArgumentHelp("Length of the short side after resizing.", valueName: "pixels"))
    var resize: Int?

    @Option(
        help: ArgumentHelp(
            "Side of the square that is cut from the middle: the model's input size.",
            valueName: "pixels"
        )
    )
    var crop: Int?

    @Option(help: ArgumentHelp("Mean per channel, in units of 0…1, in the model's channel order.", valueName: "a,b,c"))
    var mean: ChannelValues?

    @Option(help: ArgumentHelp("Standard deviation per channel, in units of 0…1.", valueName: "a,b,c"))
    var std: ChannelValues?

    @Option(help: "Order of colour channels that the model wants: rgb or bgr.")
    var channels: ChannelOrder?

    @Option(help: "exact gives Pillow's bytes; fast decodes large JPEGs at a fraction of their size first.")
    var resizeQuality: ResizeQuality?

    @Option(help: "apply turns photographs upright as their EXIF data says; ignore does as Pillow and torchvision do.")
    var exif: OrientationPolicy?

    /// The classifier with this preprocessing.
    func configured(_ classifier: Classifier) throws(PlanError) -> Classifier {
        var classifier = classifier
        (classifier.preprocessing, classifier.preprocessingName) = try resolved()
        classifier.resizeQuality = resizeQuality ?? classifier.resizeQuality
        classifier.orientation = exif ?? classifier.orientation
        return classifier
    }

    /// The model with pixels turned into its numbers by this preprocessing.
    func configured(_ job: ModelJob) throws(PlanError) -> ModelJob {
        var job = job
        (job.preprocessing, job.preprocessingName) = try resolved()
        return job
    }

    /// Settings that were typed.
    var typed: [(name: String, isTyped: Bool)] {
        [
            ("preset", preset != nil || resize != nil || crop != nil || mean != nil || std != nil || channels != nil),
            ("resize", resize != nil), ("crop", crop != nil), ("resize-quality", resizeQuality != nil),
            ("exif", exif != nil),
        ]
    }

    /// The preprocessing and the name that `explain` shows for it.
    private func resolved() throws(PlanError) -> (value: Preprocessing, name: String) {
        let name = preset ?? "torchvision"
        guard var value = Preprocessing.presets.first(where: { $0.name == name })?.value else {
            let known = Preprocessing.presets.map(\.name).joined(separator: ", ")
            throw PlanError(
                "there is no preset \"\(name)\"; the presets are \(known). Or give --resize, --crop, --mean, --std and --channels.",
                isUsage: true
            )
        }
        value.resize = resize ?? value.resize
        value.crop = crop ?? value.crop
        value.mean = mean?.values ?? value.mean
        value.std = std?.values ?? value.std
        value.channels = channels ?? value.channels
        let isExplicit = resize != nil || crop != nil || mean != nil || std != nil || channels != nil
        try value.validate()
        return (value, isExplicit ? "explicit" : name)
    }
}
