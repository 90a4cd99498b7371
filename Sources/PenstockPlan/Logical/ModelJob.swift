/// A model that is fed from columns and whose outputs become columns.
///
/// Any model: several inputs and outputs, of any numeric type. The first axis of every input and output counts rows.
///
/// **Inputs.** A numeric column gives one number a row, `[rows]` or `[rows, 1]`; a list, a binary or a tensor column gives
/// each row as many numbers as the input's row has. Numbers become the model's type where nothing is lost: integers where
/// the value fits, integers and floats to any float. A row with a missing value, or with another number of values than the
/// model takes, is a failed row of its own.
///
/// **Outputs.** One number a row becomes a numeric column; one axis a row becomes a list column, such as an embedding; more
/// axes a row become a tensor column where they are f32 or u8, else a list of all the row's numbers, row-major. The
/// types f16 and bf16 become `float`, i8, i16 and u16 `int32`, u32 `int64`, u64 `double`. OpenVINO computes i64 and u64 in
/// i32, and f64 in f32, so that rows with numbers beyond those ranges fail instead of being cut.
public struct ModelJob: Sendable, Hashable, Codable {
    /// ONNX or OpenVINO IR file.
    public var model: String
    /// Input name → column name.
    ///
    /// An input that is not listed takes the column of its own name; a model with one input and a block with one fitting
    /// column need no mapping.
    public var inputs: [String: String]
    /// Output name → column name; outputs that are not listed are left out.
    ///
    /// Empty: every output under its own name, in letters, digits and `_`, and with a number behind it where a column has
    /// that name already.
    public var outputs: [String: String]
    /// Columns of the input that go on to the output; nil: all but those fed to the model and tensors of images.
    public var keep: [String]?
    /// How pixels become the model's numbers, where a column of images feeds an input with an axis of 3 channels.
    ///
    /// Mean, deviation and channel order count here; images have their size already, so that sizes matter only to what
    /// decodes them. Nil: the numbers are 0…255 as they are.
    public var preprocessing: Preprocessing?
    /// Where `preprocessing` comes from, for `explain`: a preset's name, or `explicit`.
    public var preprocessingName: String?
    /// Arithmetic of the floating-point layers.
    ///
    /// `auto` is f32 here: raw outputs have no classes whose agreement could be compared, so nothing but f32 is taken unasked.
    public var precision = Precision.auto
    /// The device by the backend's name, such as `CPU` or `GPU.0`.
    public var device = "CPU"
    /// The library that runs the model.
    public var backend = BackendKind.openvino

    /// A model with defaults for everything that is not named.
    public init(
        model: String,
        inputs: [String: String] = [:],
        outputs: [String: String] = [:],
        keep: [String]? = nil
    ) {
        self.model = model
        self.inputs = inputs
        self.outputs = outputs
        self.keep = keep
    }
}
