// Any model, not only classifiers: its raw outputs become a list column, here one vector for each image, and images are
// compared by it.
import Penstock

@main
struct Embeddings {
    static func main() async throws {
        let words = CommandLine.arguments
        guard words.count == 4 else {
            print("usage: Embeddings IMAGES MODEL OUTPUT")
            return
        }
        var job = ModelJob(model: words[2], keep: ["path"])
        job.preprocessing = .torchvision  // mean, deviation and channel order; the size is that of readImages
        let vectors = Dataset.readImages(from: [words[1]], size: ImageSize(height: 224, width: 224)).predict(with: job)
        print(try await vectors.schema().map { "columns: \($0)" } ?? "columns unknown")

        let written = try await vectors.writeParquet(to: words[3], existing: .overwrite)
        print("\(written.rowsWritten) vectors")

        // The image that is nearest to the first one, from what was written.
        let rows = try await Dataset.readParquet(from: [words[3]]).takeAll(limit: 10_000)
        guard let first = rows.first, let output = rows.schema?.fields.last?.name else { return }
        let wanted = try first.value(output, as: [Float].self)
        var best: (path: String, distance: Float) = ("", .infinity)
        for row in rows.dropFirst() {
            let vector = try row.value(output, as: [Float].self)
            let distance = zip(vector, wanted).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            if distance < best.distance { best = (try row.string("path"), distance) }
        }
        print("\(try first.string("path")) is most like \(best.path), of \(wanted.count) numbers each")
    }
}
