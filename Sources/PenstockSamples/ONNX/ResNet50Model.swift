/// A ResNet-50 with random weights: the right shape and cost for benchmarks, no meaning in its answers.
///
/// - Layout: input `input` fp32 [N,3,224,224], output `output` fp32 [N,1000] logits, batch normalisation kept as nodes;
///   node for node what torchvision's resnet50 (v1.5, the stride in the 3x3 convolution) exports to.
/// - Source: He et al., "Deep Residual Learning for Image Recognition", table 1; torchvision `models/resnet.py`.
package struct ResNet50Model: Sendable {
    /// The seed of `penstock model resnet50`.
    package static let defaultSeed: UInt64 = 1

    /// Where the weights' random numbers start; the same seed gives the same file.
    package let seed: UInt64

    /// Describes the model; nothing is written.
    package init(seed: UInt64 = ResNet50Model.defaultSeed) {
        self.seed = seed
    }

    /// Trainable numbers and the normalisations' means and variances.
    package var parameterCount: Int { graph.parameterCount }

    /// Size of the file in bytes.
    package var byteCount: Int { graph.encodedByteCount }

    /// Writes the model as ONNX, opset 13; the file appears when it is complete, replacing one of the same name.
    ///
    /// - Cost: 102 MB in about 0.1 s in a release build; memory does not grow with the model.
    /// - Throws: `.fileSystem`; nothing is left behind then.
    package func write(to path: String) throws(SampleError) {
        let file = try OutputFile(path: path)
        try graph.encode { (bytes) throws(SampleError) in try file.append(bytes) }
        try file.commit()
    }

    /// The network, stage by stage.
    var graph: ONNXGraph {
        var graph = ONNXGraph(
            name: "resnet50",
            input: .init(name: "input", shape: [.named("N"), .fixed(3), .fixed(224), .fixed(224)]),
            output: .init(name: "output", shape: [.named("N"), .fixed(1000)]),
            seed: seed
        )
        let stem = Convolution(name: "conv1", norm: "bn1", channels: (3, 64), kernel: 7, stride: 2, gain: 1)
        var name = graph.add(stem, to: "input", isActivated: true)
        name = graph.addMaxPool(to: name)
        var channels = 64
        for (stage, blockCount) in [3, 4, 6, 3].enumerated() {
            let width = 64 << stage
            for block in 0..<blockCount {
                let bottleneck = Bottleneck(
                    name: "layer\(stage + 1).\(block)",
                    channels: channels,
                    width: width,
                    stride: stage > 0 && block == 0 ? 2 : 1
                )
                name = graph.add(bottleneck, to: name)
                channels = 4 * width
            }
        }
        graph.addClassifier(to: name, channels: channels, classCount: 1000)
        return graph
    }
}

/// A square convolution without bias, followed by batch normalisation.
private struct Convolution {
    let name: String
    let norm: String
    let channels: (input: Int, output: Int)
    let kernel: Int
    let stride: Int
    /// The normalisation's scale.
    let gain: Float
}

/// 1x1, 3x3 and 1x1 convolutions beside a shortcut.
private struct Bottleneck {
    let name: String
    let channels: Int
    let width: Int
    let stride: Int
}

extension ONNXGraph {
    /// Adds convolution and normalisation, and a ReLU when `isActivated`; returns the result's name.
    fileprivate mutating func add(_ layer: Convolution, to input: String, isActivated: Bool) -> String {
        let (inputChannels, outputChannels) = layer.channels
        // Kaiming: a uniform bound of sqrt(6 / fan-in) keeps the activations' size from layer to layer.
        let fanIn = Float(inputChannels * layer.kernel * layer.kernel)
        let shape = [outputChannels, inputChannels, layer.kernel, layer.kernel]
        let weight = addTensor(layer.name + ".weight", shape: shape, .uniform(bound: (6 / fanIn).squareRoot()))
        let half = layer.kernel / 2
        add(
            "Conv",
            inputs: [input, weight],
            output: layer.name,
            ("dilations", .integers([1, 1])),
            ("group", .integer(1)),
            ("kernel_shape", .integers([layer.kernel, layer.kernel])),
            ("pads", .integers([half, half, half, half])),
            ("strides", .integers([layer.stride, layer.stride]))
        )
        let statistics = [("weight", layer.gain), ("bias", 0), ("running_mean", 0), ("running_var", 1)]
        let inputs = statistics.map { suffix, value in
            addTensor("\(layer.norm).\(suffix)", shape: [outputChannels], .constant(value))
        }
        add("BatchNormalization", inputs: [layer.name] + inputs, output: layer.norm, ("epsilon", .float(1e-5)))
        return isActivated ? addActivation(of: layer.norm) : layer.norm
    }

    /// Adds a residual block; returns the result's name.
    fileprivate mutating func add(_ block: Bottleneck, to input: String) -> String {
        let (name, width, outputChannels) = (block.name, block.width, 4 * block.width)
        func layer(_ index: Int, _ from: Int, _ to: Int, kernel: Int, stride: Int, gain: Float) -> Convolution {
            Convolution(
                name: "\(name).conv\(index)",
                norm: "\(name).bn\(index)",
                channels: (from, to),
                kernel: kernel,
                stride: stride,
                gain: gain
            )
        }
        let first = layer(1, block.channels, width, kernel: 1, stride: 1, gain: 1)
        let second = layer(2, width, width, kernel: 3, stride: block.stride, gain: 1)
        // A small last scale: sixteen blocks that each doubled the variance would end near fp16's largest number.
        let third = layer(3, width, outputChannels, kernel: 1, stride: 1, gain: 0.25)
        var result = add(first, to: input, isActivated: true)
        result = add(second, to: result, isActivated: true)
        result = add(third, to: result, isActivated: false)
        var shortcut = input
        if block.channels != outputChannels {
            shortcut = add(projection(of: block), to: input, isActivated: false)
        }
        add("Add", inputs: [result, shortcut], output: "\(name).sum")
        return addActivation(of: "\(name).sum")
    }

    /// The 1x1 convolution that brings a shortcut to the block's output size.
    private func projection(of block: Bottleneck) -> Convolution {
        Convolution(
            name: "\(block.name).downsample.0",
            norm: "\(block.name).downsample.1",
            channels: (block.channels, 4 * block.width),
            kernel: 1,
            stride: block.stride,
            gain: 1
        )
    }

    /// Adds the 3x3 pooling after the first convolution; returns the result's name.
    fileprivate mutating func addMaxPool(to input: String) -> String {
        let name = "maxpool"
        add(
            "MaxPool",
            inputs: [input],
            output: name,
            ("kernel_shape", .integers([3, 3])),
            ("pads", .integers([1, 1, 1, 1])),
            ("strides", .integers([2, 2]))
        )
        return name
    }

    /// Adds global pooling and the linear layer that ends in `output`.
    fileprivate mutating func addClassifier(to input: String, channels: Int, classCount: Int) {
        add("GlobalAveragePool", inputs: [input], output: "avgpool")
        add("Flatten", inputs: ["avgpool"], output: "flatten", ("axis", .integer(1)))
        let bound = (6 / Float(channels)).squareRoot()
        let weight = addTensor("fc.weight", shape: [classCount, channels], .uniform(bound: bound))
        let bias = addTensor("fc.bias", shape: [classCount], .constant(0))
        add("Gemm", inputs: ["flatten", weight, bias], output: output.name, ("transB", .integer(1)))
    }

    private mutating func addActivation(of input: String) -> String {
        let name = input + ".relu"
        add("Relu", inputs: [input], output: name)
        return name
    }
}
