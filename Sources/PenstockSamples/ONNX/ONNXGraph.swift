/// A model to be written as ONNX: nodes in the order in which they run, and the weights that they use.
struct ONNXGraph {
    /// A size along one axis.
    enum Dimension {
        case fixed(Int)
        /// A size that is known only when the model runs, such as the batch.
        case named(String)
    }

    /// An input or output: fp32, with its shape.
    struct Port {
        let name: String
        let shape: [Dimension]
    }

    /// The value of a node's attribute.
    enum Attribute {
        case integer(Int)
        case float(Float)
        case integers([Int])
    }

    /// One operator.
    struct Node {
        let operation: String
        let inputs: [String]
        /// The node's output, and its own name too.
        let output: String
        let attributes: [(name: String, value: Attribute)]
    }

    /// What a weight tensor holds: described, not stored, so that a ResNet-50 needs no 100 MB before it is written.
    enum Content: Equatable {
        case constant(Float)
        /// Uniform random numbers in ±bound, the same for the same graph seed and tensor name order.
        case uniform(bound: Float)
    }

    /// One fp32 weight tensor.
    struct Tensor: Equatable {
        let name: String
        let shape: [Int]
        let content: Content

        var elementCount: Int { shape.reduce(1, *) }
    }

    let name: String
    let input: Port
    let output: Port
    /// Where the random numbers of the tensors start; tensor n uses stream n.
    let seed: UInt64
    private(set) var nodes: [Node] = []
    private(set) var tensors: [Tensor] = []

    init(name: String, input: Port, output: Port, seed: UInt64) {
        self.name = name
        self.input = input
        self.output = output
        self.seed = seed
    }

    /// Numbers in all weight tensors together.
    var parameterCount: Int { tensors.reduce(0) { $0 + $1.elementCount } }

    /// Adds an operator after those already there.
    mutating func add(_ operation: String, inputs: [String], output: String, _ attributes: (String, Attribute)...) {
        let named = attributes.map { (name: $0.0, value: $0.1) }
        nodes.append(Node(operation: operation, inputs: inputs, output: output, attributes: named))
    }

    /// Adds a weight tensor and returns its name.
    mutating func addTensor(_ name: String, shape: [Int], _ content: Content) -> String {
        tensors.append(Tensor(name: name, shape: shape, content: content))
        return name
    }
}
