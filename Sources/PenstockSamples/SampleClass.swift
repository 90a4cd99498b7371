/// The ten things that our sample images show: a shape and the texture that always goes with it.
///
/// The raw value is the class index of the labels file and of the model trained on these images.
package enum SampleClass: Int, CaseIterable, Sendable {
    case stripedCircle
    case checkeredSquare
    case dottedTriangle
    case speckledStar
    case bandedRing
    case hatchedCross
    case gradientHexagon
    case marbledCrescent
    case wavyHeart
    case ribbedSpiral

    /// The class name as it stands in the labels file and in file names.
    package var name: String {
        switch self {
        case .stripedCircle: "striped-circle"
        case .checkeredSquare: "checkered-square"
        case .dottedTriangle: "dotted-triangle"
        case .speckledStar: "speckled-star"
        case .bandedRing: "banded-ring"
        case .hatchedCross: "hatched-cross"
        case .gradientHexagon: "gradient-hexagon"
        case .marbledCrescent: "marbled-crescent"
        case .wavyHeart: "wavy-heart"
        case .ribbedSpiral: "ribbed-spiral"
        }
    }

    /// The labels file: one class name per line, line n (from 0) names class n.
    package static var labelsFile: String {
        allCases.map { $0.name + "\n" }.joined()
    }

    var shape: Shape {
        switch self {
        case .stripedCircle: .circle
        case .checkeredSquare: .square
        case .dottedTriangle: .triangle
        case .speckledStar: .star
        case .bandedRing: .ring
        case .hatchedCross: .cross
        case .gradientHexagon: .hexagon
        case .marbledCrescent: .crescent
        case .wavyHeart: .heart
        case .ribbedSpiral: .spiral
        }
    }

    var texture: Texture {
        switch self {
        case .stripedCircle: .stripes
        case .checkeredSquare: .checks
        case .dottedTriangle: .dots
        case .speckledStar: .speckles
        case .bandedRing: .bands
        case .hatchedCross: .hatching
        case .gradientHexagon: .gradient
        case .marbledCrescent: .marble
        case .wavyHeart: .waves
        case .ribbedSpiral: .ribs
        }
    }
}
