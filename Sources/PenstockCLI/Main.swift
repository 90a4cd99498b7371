import ArgumentParser
import Penstock

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Exit codes of the contract in docs/CLI.md.
enum ExitStatus {
    static let failed: Int32 = 1
    static let usage: Int32 = 2
    static let tooManyBadRows: Int32 = 3
    static let slower: Int32 = 4
    static let interrupted: Int32 = 130
}

@main
struct Main {
    static func main() async {
        do {
            var command = try PenstockCommand.parseAsRoot()
            if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
        } catch {
            exit(report(error))
        }
    }

    /// Tells the user what went wrong, and returns the exit code.
    private static func report(_ error: any Error) -> Int32 {
        switch error {
        case let error as PlanError:
            Terminal.standardError("penstock: \(error.message)\n")
            return error.isUsage ? ExitStatus.usage : ExitStatus.failed
        case let error as RunError:
            Terminal.standardError("penstock: \(error)\n")
            switch error.reason {
            case .failed: return ExitStatus.failed
            case .tooManyBadRows: return ExitStatus.tooManyBadRows
            case .interrupted: return ExitStatus.interrupted
            }
        case let error as StageError:
            Terminal.standardError("penstock: \(error)\n")
            return ExitStatus.failed
        default:
            return reportOther(error)
        }
    }

    /// Help that was asked for, a mistake on the command line, or something that nobody foresaw.
    private static func reportOther(_ error: any Error) -> Int32 {
        let text = PenstockCommand.fullMessage(for: error)
        switch PenstockCommand.exitCode(for: error) {
        case .success:
            print(text)
            return 0
        case .validationFailure:
            Terminal.standardError(text + "\n")
            return ExitStatus.usage
        case let code:
            if !text.isEmpty { Terminal.standardError(text + "\n") }
            return code == .failure ? ExitStatus.failed : code.rawValue
        }
    }
}

/// The root of the command line.
struct PenstockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "penstock",
        abstract:
            "Runs a model over very many images or rows, at the speed the hardware allows, and says what limits it.",
        discussion: """
            Examples:
              penstock classify photos/ --model resnet50.onnx --output predictions/
              penstock predict features.parquet --model net.onnx --input x=features --output scored/
              penstock run pipeline.yaml
              penstock show predictions/
              penstock explain photos/ --model resnet50.onnx --output predictions/

            Exit codes: 0 done, 1 the run failed, 2 wrong usage, 3 more bad rows than allowed, 4 slower than
            penstock check allows, 130 interrupted.
            Shell completions: penstock --generate-completion-script bash|zsh|fish
            """,
        version: "penstock \(PenstockVersion.current)",
        subcommands: [
            ClassifyCommand.self, PredictCommand.self, RunCommand.self, ShowCommand.self, ExplainCommand.self,
            InspectCommand.self, PackCommand.self, CeilingCommand.self, TuneCommand.self, DoctorCommand.self,
            TourCommand.self, RunsCommand.self, DiffCommand.self, CheckCommand.self, BackendsCommand.self,
            SamplesCommand.self, ModelCommand.self, TourStepCommand.self, TrialStepCommand.self,
            CeilingStepCommand.self,
        ]
    )
}
