import PenstockCore

extension PlanSizing {
    /// Lists files and reads them whole.
    func reading(_ files: FileSelection) -> [PhysicalOperator] {
        var listNotes = SettingNotes(options)
        listNotes.add(
            computed: "block-rows",
            "\(blockRows)",
            reason: readsStore
                ? "a reader takes a block's files one after the other, and a store lets each wait"
                : "batches are cut from blocks, so no pixel is copied"
        )
        if let limit = files.listing.limit { listNotes.add("limit", limit, default: limit + 1, reason: "") }
        var list = PhysicalOperator(name: "list", stage: .listFiles(files), pool: .source)
        list.outputBudget = .mebibytes(16)  // some 300,000 paths: enough to know the total soon
        list.settings = listNotes.settings

        return [list, readers(of: files)]
    }

    private func readers(of files: FileSelection) -> PhysicalOperator {
        var notes = SettingNotes(options)
        let isRemote = Self.areRemote(files.paths)
        let reason = isRemote ? "requests to a store wait long" : "they wait for the disk"
        let workers = notes.note(
            "read-workers",
            options.readWorkers,
            default: isRemote ? Self.remoteReadWorkers : 2,
            reason: "\(reason) and take no CPU slot"
        )
        var readers = PhysicalOperator(name: "read", stage: .readFiles, pool: .tasks, workers: workers)
        readers.outputBudget = notes.note(
            "read-ahead",
            options.readAhead,
            default: budget(share: 8, atMost: .mebibytes(64)),
            reason: "enough to cover the start of the model; more only costs memory"
        )
        readers.settings = notes.settings
        return readers
    }

    /// Decodes for code of the user's.
    func decoding(_ read: ReadImages) -> PhysicalOperator {
        var decode = PhysicalOperator(
            name: "decode",
            stage: .decodeToTensors(read),
            pool: .actors,
            workers: decodeWorkers
        )
        decode.cpusPerTask = 1
        // Whole photographs: a block of files of 16 MiB becomes some 150 MiB, and each decoder fills one.
        decode.outputBudget = budget(share: 4, atMost: .mebibytes(256) * decodeWorkers)
        return decode
    }

    /// Decodes for a classifier.
    func decoding(_ classifier: Classifier, _ source: PhysicalStage?) -> PhysicalOperator {
        let preset = Preprocessing.presets.first { $0.name == classifier.preprocessingName }?.value
        let size = classifier.preprocessing
        let usual = preset ?? size
        var notes = SettingNotes(options)
        notes.add(
            "preset",
            classifier.preprocessingName,
            default: "torchvision",
            reason: "what most models are trained with"
        )
        notes.add("resize", size.resize, default: usual.resize, reason: "from the preset")
        notes.add("crop", size.crop, default: usual.crop, reason: "from the preset")
        notes.add(
            "resize-quality",
            classifier.resizeQuality.rawValue,
            default: "exact",
            reason: "the bytes that Pillow gives"
        )
        notes.add(
            "exif",
            classifier.orientation.rawValue,
            default: "apply",
            reason: "photographs are shown to the model upright"
        )
        var decode = PhysicalOperator(
            name: "decode",
            stage: .decodeImages(classifier),
            pool: .actors,
            workers: decodeWorkers
        )
        decode.cpusPerTask = 1
        // Blocks of a table hold many images: cut to what blocks of files have, several decoders share them.
        if source?.isOfPackedImages ?? false { decode.batch = .flexible(low: 1, high: blockRows) }
        decode.outputBudget = decodedBudget
        decode.settings = notes.settings
        return decode
    }

    /// Room for decoded images that wait for the model.
    ///
    /// Some 400, which is what two cores decode while it is loaded; more would only take memory. But each decoder needs room
    /// for the block that it fills and one that waits, since a task starts only when there is room for what it puts out.
    private var decodedBudget: Bytes {
        let blocks = Bytes(2 * decodeWorkers * blockRows * rowBytes)
        return budget(share: Self.decodedShare, atMost: max(.mebibytes(64), blocks))
    }

    func inferring(_ classifier: Classifier, _ request: PoolRequest) throws(PlanError) -> PhysicalOperator {
        var notes = SettingNotes(options)
        let agreeing = "the fastest that agrees with f32 on the first images"
        notes.add("precision", classifier.precision.rawValue, default: "auto", reason: agreeing)
        notes.add("backend", classifier.backend.rawValue, default: "openvino", reason: "the fastest here on CPUs")
        notes.add("device", classifier.device, default: "CPU", reason: "the only kind of device tried so far")
        notes.add("top-k", classifier.topK, default: 1, reason: "the most probable class is what most jobs want")
        var model = PhysicalOperator(name: "model", stage: .infer(classifier), pool: .actors, workers: modelWorkers)
        // A model that is compiled for so many rows takes the time of all of them for any.
        let least = PhysicalOperator.compiledRows(batch: batch) > 0 ? batch : max(1, batch / 2)
        model.batch = request.batch ?? .flexible(low: least, high: batch)
        if request.batch == nil, options.batchSize.chosen == nil, blockRows > batch { model.tunedRows = blockRows }
        apply(request, to: &model)
        model.outputBudget = Planner.predictionBudget
        model.settings = notes.settings
        return model
    }

    func writing(_ write: WriteTable) -> PhysicalOperator {
        var notes = SettingNotes(options)
        notes.add(
            "format",
            write.format.rawValue,
            default: "parquet",
            reason: "columnar, compressed, read by everything"
        )
        notes.add(
            "existing-output",
            write.existing.rawValue,
            default: "refuse",
            reason: "nothing is overwritten by accident"
        )
        let part = "an output file is closed at this size, and after a while"
        _ = notes.note("block-bytes", options.blockBytes, default: Planner.defaultPartBytes, reason: part)
        var sink = PhysicalOperator(name: "write", stage: .write(write), pool: .sink)
        sink.settings = notes.settings
        return sink
    }
}
