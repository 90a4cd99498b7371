internal import CPenstockJPEGEncode

/// Encodes a finished picture the way its recipe says.
struct JPEGEncoder {
    let recipe: SampleRecipe

    /// The JPEG file of `canvas`, which holds the picture as it is shown.
    ///
    /// - Throws: `.encoding` with libjpeg's message.
    func encode(_ canvas: Canvas) throws(SampleError) -> [UInt8] {
        let stored = recipe.orientation.map { canvas.stored(orientation: $0) } ?? canvas
        let pixels = recipe.isGrayscale ? stored.grayPixels() : stored.pixels
        var encoding = penstock_jpeg_encoding(
            width: Int32(stored.width),
            height: Int32(stored.height),
            channels: recipe.isGrayscale ? 1 : 3,
            quality: Int32(recipe.quality),
            halves_chroma: recipe.halvesChroma ? 1 : 0,
            progressive: recipe.isProgressive ? 1 : 0,
            orientation: Int32(recipe.orientation ?? 0)
        )
        return try encode(pixels, &encoding)
    }

    private func encode(_ pixels: [UInt8], _ encoding: inout penstock_jpeg_encoding) throws(SampleError) -> [UInt8] {
        var status = PENSTOCK_JPEG_ENCODE_OK
        var message = [CChar](repeating: 0, count: Int(PENSTOCK_JPEG_ENCODE_ERROR_SIZE))
        let capacity = penstock_jpeg_encode_bound(encoding.width, encoding.height)
        // The bound is far above what a picture needs; untouched pages of it cost nothing.
        let jpeg = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            guard let bytes = buffer.baseAddress else { preconditionFailure("no memory for \(capacity) bytes of JPEG") }
            var output = penstock_jpeg_output(bytes: bytes, capacity: capacity, size: 0)
            status = penstock_jpeg_encode(&encoding, pixels, pixels.count, &output, &message, message.count)
            count = output.size
        }
        guard status == PENSTOCK_JPEG_ENCODE_OK else {
            let text = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            throw SampleError(.encoding, "image \(recipe.name): \(String(decoding: text, as: UTF8.self))")
        }
        return jpeg
    }
}
