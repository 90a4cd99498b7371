extension ImageInspection {
    /// Gains below this are not worth a step of their own.
    private static let leastGain = 1.05
    /// The share of bad rows at which a run stops, unless told otherwise.
    private static let usualBadShare = 0.01

    /// What to know before a run.
    var advice: [String] {
        [oddAdvice, repeatedAdvice, largeAdvice, packingAdvice, orientationAdvice].compactMap { $0 }
    }

    private var oddAdvice: String? {
        guard oddFiles > 0 else { return nil }
        let share = Double(oddFiles) / Double(max(opened, 1))
        let stops =
            share > Self.usualBadShare
            ? " That is more than the usual --max-bad-rows of 1%: raise it, or leave these files out." : ""
        return
            "\(oddFiles) of \(opened) files will be quarantined, as they are no images that can be decoded.\(stops)"
    }

    private var repeatedAdvice: String? {
        guard repeatedPaths > 0 else { return nil }
        return "\(repeatedPaths) path\(repeatedPaths == 1 ? " is" : "s are") listed again, and will be predicted again."
    }

    private var largeAdvice: String? {
        guard largeJPEGs > 0, let probe, probe.fastGain >= Self.leastGain else { return nil }
        let share = Int((Double(largeJPEGs) / Double(max(opened - oddFiles, 1)) * 100).rounded())
        return
            "\(share) % of the images are JPEGs whose short side is at least twice the model's \(resize) pixels: --resize-quality fast decodes \(Self.rate(probe.decodeFast)) instead of \(Self.rate(probe.decodeExact)) images/s here (\(probe.images) measured), for a few levels of difference."
    }

    private var packingAdvice: String? {
        guard let probe, probe.readFiles > 0, probe.readPacked > 0 else { return nil }
        let rates =
            "reading alone gives \(Self.rate(probe.readFiles)) images/s from files and \(Self.rate(probe.readPacked)) packed, decoding \(Self.rate(probe.decodeExact))"
        if probe.packingGain < Self.leastGain {
            return "Packing (penstock pack) would gain nothing here: \(rates), so reading is not what limits."
        }
        let gain = Int(((probe.packingGain - 1) * 100).rounded())
        return
            "Many files limit reading: \(rates). Packing them (penstock pack) lets reading and decoding go up to \(gain) % faster, if the model keeps up."
    }

    private var orientationAdvice: String? {
        let turned = orientations.filter { $0.key != "1" }.reduce(0) { $0 + $1.value }
        guard turned > 0 else { return nil }
        return
            "\(turned) image\(turned == 1 ? " has" : "s have") an EXIF orientation: they are turned upright; torchvision and Pillow do not unless told (--exif ignore)."
    }

    private static func rate(_ value: Double) -> String {
        value >= 100 ? "\(Int(min(value, 1e12).rounded()))" : "\((value * 10).rounded() / 10)"
    }
}
