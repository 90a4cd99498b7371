/// A model to be written as ONNX: nodes in the order in which they run, and the weights that they use.
struct ONNXGraph {
    /// A size along one axis.
    enum Dimension {
        case fixed(Int)
        /// A size that is known only when the model runs, such as the batch.
        case named(String)
    }

    /// The type of a tensor's numbers; the raw value is ONNX's code for it.
    enum ElementType: Int {
        case float32 = 1
        case uint8 = 2
        case int8 = 3
        case uint16 = 4
        case int16 = 5
        case int32 = 6
        case int64 = 7
        case string = 8
        case bool = 9
        case float16 = 10
        case float64 = 11
        case uint32 = 12
        case uint64 = 13
        case bfloat16 = 16
    }

    /// An input or output, with its shape.
    struct Port {
        let name: String
        var type = ElementType.float32
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
        /// These numbers, row-major; as many as the tensor has.
        case values([Float])
    }

    /// One fp32 weight tensor.
    struct Tensor: Equatable {
        let name: String
        let shape: [Int]
        let content: Content

        var elementCount: Int { shape.reduce(1, *) }
    }

    let name: String
    let inputs: [Port]
    let outputs: [Port]
    /// Where the random numbers of the tensors start; tensor n uses stream n.
    let seed: UInt64
    private(set) var nodes: [Node] = []
    private(set) var tensors: [Tensor] = []

    init(name: String, inputs: [Port], outputs: [Port], seed: UInt64 = 0) {
        self.name = name
        self.inputs = inputs
        self.outputs = outputs
        self.seed = seed
    }

    /// A graph with one input and one output.
    init(name: String, input: Port, output: Port, seed: UInt64) {
        self.init(name: name, inputs: [input], outputs: [output], seed: seed)
    }

    /// The first input.
    var input: Port { inputs[0] }
    /// The first output.
    var output: Port { outputs[0] }

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
