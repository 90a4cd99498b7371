/// Penstock's own version.
public enum PenstockVersion {
    /// Semantic version of this release.
    public static let current = "0.1.0"
}
