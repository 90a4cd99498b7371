import PenstockCore
import Testing

@testable import PenstockAdvisor

@Suite("What a change of costs does to a run")
struct ForecastTests {
    /// Two stages on two cores: 8 s and 2 s of work over 100 rows.
    private func report(seconds: Double, starting: Double = 0, decodeWorkers: Int = 2) -> RunReport {
        var decode = StageReport()
        (decode.name, decode.workers, decode.cpusPerTask, decode.busySeconds) = ("decode", decodeWorkers, 1, 8)
        var model = StageReport()
        (model.name, model.workers, model.cpusPerTask, model.busySeconds) = ("model", 2, 1, 2)
        model.startingSeconds = starting * 2
        var report = RunReport()
        report.rowsWritten = 100
        report.wallSeconds = seconds
        report.imagesPerSecond = 100 / seconds
        report.stages = [decode, model]
        return report
    }

    @Test("Stages share the cores: half the cost of one is that much less of the sum")
    func shared() {
        let gain = Forecast(report(seconds: 5), cores: 2).gain { $0.update("decode") { $0.secondsPerRow /= 2 } }
        #expect(abs(gain.likely - 5 / 3) < 1e-9)
        #expect(abs(gain.high - gain.low) < 1e-9, "a run without a rest leaves no doubt")
    }

    @Test("A stage has no more than its workers")
    func workers() {
        let alone = Forecast(report(seconds: 8, decodeWorkers: 1), cores: 2)
        #expect(abs(alone.workPerRow * 100 - 8) < 1e-9)
        #expect(abs(alone.gain { $0.update("decode") { $0.workers = 2 } }.likely - 1.6) < 1e-9)
    }

    @Test("What is neither work nor starting may stay or shrink: these are the ends of the interval")
    func rest() {
        let gain = Forecast(report(seconds: 6), cores: 2).gain { $0.update("decode") { $0.secondsPerRow /= 2 } }
        #expect(abs(gain.low - 6 / 4) < 1e-9)
        #expect(abs(gain.high - 6 / 3.6) < 1e-9)
        #expect(gain.contains(gain.likely))
    }

    @Test("Tasks that took turns on the cores took no longer than the run")
    func turns() {
        let gain = Forecast(report(seconds: 2.5), cores: 2).gain { $0.update("decode") { $0.secondsPerRow /= 4 } }
        #expect(abs(gain.likely - 2.5 / 2) < 1e-9)
    }

    @Test("Starting stays as it is")
    func starting() {
        let started = Forecast(report(seconds: 7, starting: 2), cores: 2)
        let gain = started.gain { $0.update("decode") { $0.secondsPerRow = 0 } }
        #expect(abs(gain.high - 7 / 3) < 1e-9)
    }

    @Test("A run that did nothing gains nothing")
    func nothing() {
        let gain = Forecast(RunReport(), cores: 2).gain { $0.cores = 4 }
        #expect(gain == GainReport(low: 1, likely: 1, high: 1))
    }
}
