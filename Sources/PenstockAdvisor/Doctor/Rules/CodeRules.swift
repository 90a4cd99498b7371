import PenstockCore

/// PS001: a model is read and compiled in tasks, for every batch, instead of once.
struct ModelLoadRule: DoctorRule {
    let id = "PS001"
    let slug = "model-loaded-per-batch"
    let title = "The model is loaded again and again"

    func findings(_ facts: DoctorFacts) -> [FindingReport] {
        guard let run = facts.run else { return [] }
        return run.stages.filter { $0.work.modelLoads > 0 && $0.tasks > 0 }.map { stage in
            let work = stage.work
            let load = work.modelLoadSeconds / Double(work.modelLoads)
            let gain = Forecast(run.report, cores: run.cores).gain { forecast in
                // One load stays, before the first task.
                let saved = max(work.modelLoadSeconds - load, 0) / Double(forecast.rows)
                forecast.update(stage.name) { $0.secondsPerRow = max($0.secondsPerRow - saved, 0) }
            }
            let share = work.modelLoadSeconds / max(stage.busySeconds, 1e-9)
            return finding(
                .warning,
                [
                    "\(stage.name) compiled a model \(work.modelLoads) times in \(Words.count(stage.tasks, "task")), \(Words.seconds(load)) each: \(Words.percent(share)) of its working time"
                ],
                gain: gain,
                advice:
                    "Load the model in load(_:) of the transform, which runs once for all workers, and make requests of it in makeState(_:_:)."
            )
        }
    }
}

/// PS002: decoders or inference requests are made for every call, instead of once for each worker.
struct RebuiltTransformRule: DoctorRule {
    let id = "PS002"
    let slug = "transform-rebuilt-per-call"
    let title = "Decoders or requests are made anew for every call"
    /// Calls below which it does not matter.
    private static let fewTasks = 8

    func findings(_ facts: DoctorFacts) -> [FindingReport] {
        guard let run = facts.run else { return [] }
        return run.stages.compactMap { stage in
            let work = stage.work
            // A worker's first request is made in its first task; one for each of two precisions while they are compared.
            let made = max(work.decodersMade, work.requestsMade - 2 * stage.workers)
            guard stage.tasks >= Self.fewTasks, made >= stage.tasks / 2, work.modelLoads == 0 else { return nil }
            let gain = Forecast(run.report, cores: run.cores).gain { forecast in
                let saved = work.makingSeconds / Double(forecast.rows)
                forecast.update(stage.name) { $0.secondsPerRow = max($0.secondsPerRow - saved, 0) }
            }
            return finding(
                .warning,
                [
                    "\(stage.name) made \(work.decodersMade) decoders and \(work.requestsMade) inference requests in \(stage.tasks) tasks, \(Words.seconds(work.makingSeconds)) in all"
                ],
                gain: gain,
                advice: "Make them in makeState(_:_:) of the transform: once for each worker, kept from task to task."
            )
        }
    }
}

/// PS003: a stage takes batches and calls the model once for each row of them.
struct PassPerImageRule: DoctorRule {
    let id = "PS003"
    let slug = "model-called-per-image"
    let title = "The model is called once for each row of a batch"

    func findings(_ facts: DoctorFacts) -> [FindingReport] {
        guard let run = facts.run else { return [] }
        return run.transforms.compactMap { stage in
            let work = stage.work
            guard !run.isOwnModel(stage), work.inferenceCalls > 1, stage.rowsPerTask >= 1.5 else { return nil }
            let rowsPerCall = Double(work.inferenceRows) / Double(work.inferenceCalls)
            // Not half exactly: a last batch of one row lowers the mean of the others.
            guard rowsPerCall < 1.5, rowsPerCall <= stage.rowsPerTask * 0.6 else { return nil }
            return finding(
                .warning,
                [
                    "\(stage.name) has batches of \(Words.tenths(stage.rowsPerTask)) rows and made \(work.inferenceCalls) inferences of \(Words.tenths(rowsPerCall)) rows, \(Words.seconds(work.inferenceSeconds / Double(work.inferenceCalls))) each"
                ],
                unpredicted:
                    "all inferences had one size, so that the fixed part of their cost is not known",
                advice: "Give the model the whole batch in one call. Its fixed cost per call is then paid once a batch."
            )
        }
    }
}

/// PS009: one stage decodes images and runs the model, so that neither can run beside the other.
struct DecodeInModelRule: DoctorRule {
    let id = "PS009"
    let slug = "decode-inside-the-model-worker"
    let title = "Images are decoded inside the model's worker"

    func findings(_ facts: DoctorFacts) -> [FindingReport] {
        guard let run = facts.run else { return [] }
        return run.transforms.compactMap { stage in
            let work = stage.work
            guard work.imagesDecoded > 0, work.inferenceCalls > 0, work.decodeSeconds > 0 else { return nil }
            let share = work.decodeSeconds / max(stage.busySeconds, 1e-9)
            let gain = Forecast(run.report, cores: run.cores).gain { forecast in
                let decode = work.decodeSeconds / Double(forecast.rows)
                forecast.update(stage.name) { $0.secondsPerRow = max($0.secondsPerRow - decode, 0) }
                forecast.stages.append(
                    .init(name: "decode", workers: run.cores, cpusPerTask: 1, secondsPerRow: decode)
                )
            }
            return finding(
                .warning,
                [
                    "\(stage.name) spent \(Words.percent(share)) of its working time in decoding \(work.imagesDecoded) images; the model waited meanwhile, in \(Words.count(stage.workers, "worker"))"
                ],
                gain: gain,
                advice:
                    "Decode in a stage of its own before the model (readImages with predict does), so that cores decode while the model's device computes."
            )
        }
    }
}

/// PS014: lines are printed or logged in tasks.
struct PrintingRule: DoctorRule {
    let id = "PS014"
    let slug = "logging-in-the-hot-path"
    let title = "Something is printed or logged in the hot path"
    /// Less than a page of text is nobody's problem.
    private static let fewBytes = 4096

    func findings(_ facts: DoctorFacts) -> [FindingReport] {
        guard let run = facts.run else { return [] }
        return run.transforms.compactMap { stage in
            let work = stage.work
            guard work.bytesWritten >= Self.fewBytes, work.bytesWritten >= stage.rows else { return nil }
            return finding(
                .warning,
                [
                    "the workers of \(stage.name), which is no sink, wrote \(Bytes(work.bytesWritten)) in \(Words.count(work.writeCalls, "call")) over \(stage.rows) rows"
                ],
                unpredicted: "the time of these calls is not measured apart from the rest of the stage",
                advice:
                    "Take print and log calls out of the transform. Progress, rates and failures are in the progress line and in report.json."
            )
        }
    }
}

/// PS016: a transform gives a block for each row, where it should give one for each batch.
struct OutputShapeRule: DoctorRule {
    let id = "PS016"
    let slug = "one-block-per-row"
    let title = "A batch comes back as single rows"

    func findings(_ facts: DoctorFacts) -> [FindingReport] {
        guard let run = facts.run else { return [] }
        return run.transforms.compactMap { stage in
            guard stage.rowsPerTask >= 4, stage.rowsPerBlock.max == 1, stage.blocksOut >= stage.rows / 2 else {
                return nil
            }
            return finding(
                .warning,
                [
                    "\(stage.name) took batches of \(Words.tenths(stage.rowsPerTask)) rows and gave \(stage.blocksOut) blocks of 1 row"
                ],
                unpredicted: "it is paid in the stages behind, which saw single rows only",
                advice: "Return the rows of a batch as one block of columns (Block.concatenate, or a RowsWriter)."
            )
        }
    }
}
