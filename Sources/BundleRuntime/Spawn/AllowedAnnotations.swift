import OCISpec

/// Annotations that may give a container more than the rest of its configuration does.
///
/// Some engines copy the annotations of an image's manifest into `config.json`, where nobody can tell them from the operator's.
/// So those that widen count only when the operator names them where no image can.
public struct AllowedAnnotations: Hashable, Sendable {
    /// Separated by commas; one that ends with `*` stands for all that begin so.
    public let text: String

    public init(_ text: String) { self.text = text }

    /// How a unit ends: what engines set themselves, and what gives a container nothing.
    public static let usual = AllowedAnnotations(
        "org.systemd.property.CollectMode,org.systemd.property.KillSignal,"
            + "org.systemd.property.TimeoutStopSec,org.systemd.property.TimeoutStopUSec")

    func contains(_ name: String) -> Bool {
        text.split(separator: ",").contains { pattern in
            pattern.last == "*" ? name.utf8.starts(with: pattern.dropLast().utf8) : name == pattern
        }
    }

    /// Errors: an annotation that widens and isn't among these.
    func check(_ configuration: RuntimeConfiguration, usesSystemd: Bool) throws(RuntimeFailure) {
        var widening: [(name: String, effect: String)] = []
        if configuration.keepsOriginalGroups {
            widening.append((RuntimeConfiguration.originalGroups, "keeps the caller's groups"))
        }
        for name in configuration.annotations.keys.sorted() {
            if usesSystemd, name.hasPrefix("org.systemd.property.") {
                widening.append((name, "changes systemd's unit"))
            }
            if ["dev.martlet.ports", "dev.martlet.outbound"].contains(name),
                !NamespacePlan.leaves(.network, configuration.linux)
            {
                widening.append((name, "opens the host's network"))
            }
        }
        guard let refused = widening.first(where: { !contains($0.name) }) else { return }
        throw RuntimeFailure(
            .refused,
            "annotations.\(refused.name): \(refused.effect), and an image may have brought it; when it is yours, name it in "
                + "--allow-annotations before the verb, or in MARTLET_ALLOW_ANNOTATIONS")
    }
}
