import ArgumentParser
import Penstock
import PenstockSamples

/// `penstock model`: a model for benchmarks, anywhere.
struct ModelCommand: ParsableCommand {
    /// Models that can be written.
    enum Kind: String, CaseIterable, ExpressibleByArgument {
        case resnet50
    }

    static let configuration = CommandConfiguration(
        commandName: "model",
        abstract: "Writes a benchmark model: the shape of the real one, random weights.",
        discussion: """
            Its predictions mean nothing; its speed is that of the trained model.

            Example:
              penstock model resnet50 --output resnet50-random.onnx
            """
    )

    @Argument(help: "Which model: resnet50.")
    var kind: Kind

    @Option(name: .shortAndLong, help: "The file to write.")
    var output = "resnet50-random.onnx"

    @Option(help: "Seed of the weights.")
    var seed = ResNet50Model.defaultSeed

    func run() throws {
        let model = ResNet50Model(seed: seed)
        do {
            try model.write(to: output)
        } catch {
            throw PlanError(error.description)
        }
        print(
            "\(output): ResNet-50, \(Format.count(model.parameterCount)) random parameters, \(Bytes(model.byteCount))"
        )
        print(
            "Input \"input\" [N, 3, 224, 224], output \"output\" [N, 1000]. Benchmark it with: penstock classify photos/ --model \(output) --output out/"
        )
    }
}
