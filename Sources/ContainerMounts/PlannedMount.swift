import FieldErrors
import OCISpec
import SystemCalls

/// One entry of `mounts`, made out.
public struct PlannedMount: Equatable, Sendable {
    public enum Action: Equatable, Sendable {
        /// A path of the host.
        case bind(source: String, recursive: Bool)
        /// A file system of a type. The source is what it shows as, or the device.
        case fileSystem(type: String, source: String)
        /// The container's control groups, in the version that the host has.
        case cgroup
    }

    /// The place in `mounts`, for errors.
    public var index: Int
    /// Inside the container, as the configuration writes it but for a slash in front.
    public var path: String
    /// The same, cleaned: what it is compared by. Links of the image are followed only when it is done.
    public var destination: String
    public var action: Action
    public var options: MountOptions
    public var uidMappings: [IDMapping]
    public var gidMappings: [IDMapping]

    public var field: String { "mounts[\(index)]" }

    public var isBind: Bool {
        if case .bind = action { return true }
        return false
    }

    /// Whether the ids of files are mapped, in any of the ways to ask for it.
    public var isMapped: Bool { options.mapping != nil || !uidMappings.isEmpty }

    /// Made read-only only when everything in it is made: devices, and the targets of other mounts.
    public var isReadOnlyLate: Bool {
        guard options.own.set.contains(.readOnly) else { return false }
        if destination == "/dev" { return true }
        if case .fileSystem("tmpfs", _) = action { return true }
        return false
    }

    public init(_ mount: RuntimeMount, index: Int, bundle: String) throws(FieldError) {
        self.index = index
        let field = "mounts[\(index)]"
        options = try MountOptions(mount.options, field: "\(field).options")
        uidMappings = mount.uidMappings
        gidMappings = mount.gidMappings
        guard !mount.destination.utf8.contains(0) else {
            throw FieldError("\(field).destination", "holds a zero byte")
        }
        path = mount.destination.isAbsolutePath ? mount.destination : "/" + mount.destination
        destination = MountPlan.cleaned(path)
        guard destination != "/" else {
            throw FieldError("\(field).destination", "is the root itself; set root.path to what the root should be")
        }
        action = try Self.action(mount, options, field: field, bundle: bundle)
        try check()
    }

    private static func action(
        _ mount: RuntimeMount, _ options: MountOptions, field: String, bundle: String
    ) throws(FieldError) -> Action {
        if mount.type == "bind" || options.bind != nil {
            guard let source = mount.source else { throw FieldError("\(field).source", "is missing, a bind needs one") }
            return .bind(
                source: try MountPlan.hostPath(source, from: bundle, field: "\(field).source"),
                recursive: options.bind == .recursive)
        }
        guard let type = mount.type, !type.isEmpty, type != "none" else {
            throw FieldError("\(field).type", "is missing; write a file system's type, or the option bind or rbind")
        }
        guard !type.utf8.contains(0) else { throw FieldError("\(field).type", "holds a zero byte") }
        if mount.source?.utf8.contains(0) == true { throw FieldError("\(field).source", "holds a zero byte") }
        if type == "cgroup" { return .cgroup }
        return .fileSystem(type: type, source: mount.source.flatMap { $0.isEmpty ? nil : $0 } ?? type)
    }

    /// Refuses options that this kind of mount has no use for.
    private func check() throws(FieldError) {
        let optionsField = "\(field).options"
        if isBind, let unknown = options.parameters.first(where: { !KnownOptions.ofTemporary.contains($0.key) }) {
            throw FieldError(optionsField, "\"\(printable(unknown.key))\" is unknown for a bind")
        }
        if !isBind {
            if isMapped {
                throw FieldError(
                    options.mapping != nil ? optionsField : "\(field).uidMappings", "only binds can be idmapped")
            }
            if options.copiesSymbolicLink { throw FieldError(optionsField, "\"copy-symlink\" is for binds") }
        }
        if options.copiesUp {
            guard case .fileSystem("tmpfs", _) = action else {
                throw FieldError(optionsField, "\"tmpcopyup\" is for tmpfs")
            }
        }
    }
}
