import FieldErrors
import SystemCalls

/// The options of one mount, made out. Runtime specification, "Mounts", and the options of runc and crun.
public struct MountOptions: Equatable, Sendable {
    public enum Bind: Equatable, Sendable { case single, recursive }

    /// Attributes to set and to clear at the mount itself, and at all mounts below it.
    public struct Change: Equatable, Sendable {
        public var set: Mounts.Attributes = []
        public var clear: Mounts.Attributes = []

        public var isEmpty: Bool { clear.isEmpty && set.isEmpty }
    }

    public struct PropagationChange: Equatable, Sendable {
        public var kind: Mounts.Propagation
        public var isRecursive: Bool
    }

    /// A parameter of the file system: `key=value`, or a flag.
    public struct Parameter: Equatable, Sendable {
        public var key: String
        public var value: String?
    }

    public enum IdentityMapping: Equatable, Sendable {
        case single, recursive
        /// The text behind `idmap=`.
        case described(String, recursive: Bool)

        var isRecursive: Bool {
            switch self {
            case .recursive, .described(_, recursive: true): true
            case .single, .described(_, recursive: false): false
            }
        }
    }

    public var bind: Bind?
    public var own = Change()
    public var recursive = Change()
    public var propagation: [PropagationChange] = []
    /// Parameters that belong to the whole file system, such as `sync`.
    public var superblock: [String] = []
    public var parameters: [Parameter] = []
    public var mapping: IdentityMapping?
    public var copiesUp = false
    public var copiesSymbolicLink = false
    public var followsSource = true
    public var followsDestination = true

    /// Options of one mount.
    public static let countLimit = 256
    /// Bytes of all parameters of one mount: a page, as mount(2) has it.
    public static let parameterLimit = 4096

    /// Makes out the options; a later one overrides an earlier one.
    ///
    /// - Parameter field: for the error, such as `mounts[3].options`.
    public init(_ options: [String], field: String) throws(FieldError) {
        guard options.count <= Self.countLimit else {
            throw FieldError(field, "\(options.count) options, at most \(Self.countLimit) are taken")
        }
        var bytes = 0
        for option in options {
            if option.utf8.contains(0) { throw FieldError(field, "an option holds a zero byte") }
            if apply(option) { continue }
            bytes += option.utf8.count + 1
            guard bytes <= Self.parameterLimit else {
                throw FieldError(field, "more than \(Self.parameterLimit) bytes of parameters")
            }
            let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let key = parts.first, !key.isEmpty else {
                // What a stray comma leaves behind.
                if option.isEmpty { continue }
                throw FieldError(field, "\"\(printable(option))\" has no name")
            }
            parameters.append(Parameter(key: String(key), value: parts.count > 1 ? String(parts[1]) : nil))
        }
    }

    /// Whether it is one of the options that say something about the mount and not to the file system.
    private mutating func apply(_ option: String) -> Bool {
        if let known = KnownOptions.attributes[option] {
            known.apply(to: &own)
        } else if let known = KnownOptions.recursiveAttributes[option] {
            known.apply(to: &recursive)
        } else if let change = KnownOptions.propagations[option] {
            propagation.append(change)
        } else if KnownOptions.superblock.contains(option) {
            superblock.append(option)
        } else if !KnownOptions.isIgnored(option) {
            return applySpecial(option)
        }
        return true
    }

    private mutating func applySpecial(_ option: String) -> Bool {
        switch option {
        case "bind": bind = bind ?? .single
        case "rbind": bind = .recursive
        case "tmpcopyup": copiesUp = true
        case "copy-symlink": copiesSymbolicLink = true
        case "src-nofollow": followsSource = false
        case "dest-nofollow": followsDestination = false
        case "idmap": mapping = mapping ?? .single
        case "ridmap": mapping = .recursive
        case _ where option.hasPrefix("idmap="): mapping = .described(String(option.dropFirst(6)), recursive: false)
        case _ where option.hasPrefix("ridmap="): mapping = .described(String(option.dropFirst(7)), recursive: true)
        default: return false
        }
        return true
    }
}

/// Outside text, short enough for one line of an error.
func printable(_ text: String) -> String {
    text.utf8.count <= 200 ? text : String(text.prefix(200)) + "…"
}
