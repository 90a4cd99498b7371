extension Canvas {
    /// The pixels as a camera that was held in the way of `orientation` (EXIF, 1...8) stores them.
    ///
    /// Applying the orientation to the result gives this canvas back.
    func stored(orientation: Int) -> Canvas {
        let swapsSides = orientation >= 5
        var stored = Canvas(width: swapsSides ? height : width, height: swapsSides ? width : height)
        for y in 0..<stored.height {
            for x in 0..<stored.width {
                let (shownX, shownY) = shownPlace(ofStoredX: x, y: y, orientation: orientation)
                stored.copyPixel(from: self, x: shownX, y: shownY, to: (x, y))
            }
        }
        return stored
    }

    /// Where the pixel stored at (x, y) is shown.
    ///
    /// - Source: TIFF 6.0, tag 274: the value names the sides of the shown image where row 0 and column 0 are stored.
    private func shownPlace(ofStoredX x: Int, y: Int, orientation: Int) -> (x: Int, y: Int) {
        let right = width - 1
        let bottom = height - 1
        switch orientation {
        case 1: return (x, y)
        case 2: return (right - x, y)
        case 3: return (right - x, bottom - y)
        case 4: return (x, bottom - y)
        case 5: return (y, x)
        case 6: return (right - y, x)
        case 7: return (right - y, bottom - x)
        case 8: return (y, bottom - x)
        default: preconditionFailure("EXIF orientation \(orientation)")
        }
    }

    /// One byte a pixel: the luma of each.
    func grayPixels() -> [UInt8] {
        var gray = [UInt8](repeating: 0, count: width * height)
        for place in gray.indices {
            // BT.601 weights in 1/256; they add up to 256, so the result is at most 255.
            let sum = 77 * Int(pixels[place * 3]) + 150 * Int(pixels[place * 3 + 1]) + 29 * Int(pixels[place * 3 + 2])
            gray[place] = UInt8(sum >> 8)
        }
        return gray
    }
}
