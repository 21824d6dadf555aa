import FieldErrors
import OCISpec
import SystemCalls

/// The five capability sets of a process. Runtime specification, "Linux Process", `capabilities`.
///
/// Without `process.capabilities` all five are empty, as crun has it (runc leaves what the runtime itself has). Nothing is
/// ever in the inheritable set that wasn't asked for (CVE-2022-29162).
public struct CapabilitySettings: Equatable, Sendable {
    public var bounding: CapabilitySet = []
    public var effective: CapabilitySet = []
    public var inheritable: CapabilitySet = []
    public var permitted: CapabilitySet = []
    public var ambient: CapabilitySet = []
    /// Names that were asked for and that no kernel has.
    public private(set) var unknown: [String] = []

    /// Nothing at all.
    public init() {}

    /// Errors: an effective capability that isn't permitted, which capset(2) would refuse; a name that no kernel has, for a
    /// bundle of a version of the specification that has it refused. Later ones want a warning: see `unknown`.
    public init(
        _ capabilities: RuntimeProcess.Capabilities, version: SpecificationVersion = .warnsOfCapabilities
    ) throws(FieldError) {
        let refuses = version < .warnsOfCapabilities
        var unknown: [String] = []
        bounding = try Self.set(capabilities.bounding, "bounding", refuses, &unknown)
        effective = try Self.set(capabilities.effective, "effective", refuses, &unknown)
        inheritable = try Self.set(capabilities.inheritable, "inheritable", refuses, &unknown)
        permitted = try Self.set(capabilities.permitted, "permitted", refuses, &unknown)
        ambient = try Self.set(capabilities.ambient, "ambient", refuses, &unknown)
        self.unknown = unknown
        if let name = effective.subtracting(permitted).names.first {
            let index = capabilities.effective.firstIndex(of: name) ?? 0
            throw FieldError("process.capabilities.effective[\(index)]", "\(name) isn't in the permitted set")
        }
    }

    private static func set(
        _ names: [String], _ key: String, _ refuses: Bool, _ unknown: inout [String]
    ) throws(FieldError) -> CapabilitySet {
        var set: CapabilitySet = []
        for (index, name) in names.enumerated() {
            if let capability = CapabilitySet(name: name) {
                set.formUnion(capability)
            } else if refuses {
                throw FieldError(
                    "process.capabilities.\(key)[\(index)]", "no capability is named \"\(name.shortened)\"")
            } else if !unknown.contains(name.shortened) {
                unknown.append(name.shortened)
            }
        }
        return set
    }

    /// Takes out of the bounding set what isn't asked for. Needs CAP_SETPCAP, so it comes before the change of user.
    ///
    /// - Returns: what was asked for and isn't there: unknown to this kernel, or dropped already.
    func dropBounding() throws(FieldError) -> CapabilitySet {
        var missing: CapabilitySet = []
        for number in Int32(0)...Confinement.highestCapability {
            let capability = CapabilitySet(number: number)
            if bounding.contains(capability) {
                if ProcessAttributes.isBounding(number) != true { missing.formUnion(capability) }
                continue
            }
            do throws(SystemCallError) {
                // No kernel has a number beyond one that it doesn't know.
                guard try Confinement.dropFromBoundingSet(number) else {
                    let unknown = CapabilitySet(rawValue: ~0 << UInt64(number))
                    return missing.union(bounding.intersection(unknown))
                }
            } catch {
                // Who lacks CAP_SETPCAP can't drop even what is gone already.
                guard ProcessAttributes.isBounding(number) == true else { continue }
                throw FieldError(
                    "process.capabilities.bounding", "dropping \(capability.names.joined())", cause: error)
            }
        }
        return missing
    }

    /// Sets the permitted, effective, inheritable and ambient sets, after the change of user.
    ///
    /// What the process doesn't have can't be granted: it is left out and returned, for a warning (specification,
    /// `capabilities`: the runtime should not fail).
    func apply() throws(FieldError) -> CapabilitySet {
        let held = try asking("process.capabilities") { () throws(SystemCallError) in
            CapabilitySet(rawValue: try ProcessAttributes.capabilities().permitted)
        }
        let granted = permitted.intersection(held)
        let inherited = inheritable.intersection(held)
        try asking("process.capabilities") { () throws(SystemCallError) in
            // Only what is ambient already could be lost by capset(2), never gained; this says so whatever came before.
            try Confinement.clearAmbientCapabilities()
            try ProcessAttributes.setCapabilities(
                .init(
                    permitted: granted.rawValue, effective: effective.intersection(granted).rawValue,
                    inheritable: inherited.rawValue))
        }
        var refused = permitted.union(inheritable).subtracting(held)
        // What the configuration itself doesn't make permitted and inheritable no machine could grant: no warning, as with runc,
        // whose own default asks for it.
        for number in ambient.intersection(permitted).intersection(inheritable).numbers {
            do throws(SystemCallError) { try ProcessAttributes.raiseAmbient(number) } catch {
                refused.formUnion(CapabilitySet(number: number))
            }
        }
        return refused
    }
}
