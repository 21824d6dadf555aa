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

    /// Nothing at all.
    public init() {}

    /// Errors: a name that no kernel has, as crun refuses it (runc warns; the specification had it refused until 1.0.2, and
    /// its validation programs still do); an effective capability that isn't permitted, which capset(2) would refuse.
    public init(_ capabilities: RuntimeProcess.Capabilities) throws(FieldError) {
        bounding = try Self.set(capabilities.bounding, "bounding")
        effective = try Self.set(capabilities.effective, "effective")
        inheritable = try Self.set(capabilities.inheritable, "inheritable")
        permitted = try Self.set(capabilities.permitted, "permitted")
        ambient = try Self.set(capabilities.ambient, "ambient")
        if let name = effective.subtracting(permitted).names.first {
            let index = capabilities.effective.firstIndex(of: name) ?? 0
            throw FieldError("process.capabilities.effective[\(index)]", "\(name) isn't in the permitted set")
        }
    }

    private static func set(_ names: [String], _ key: String) throws(FieldError) -> CapabilitySet {
        var set: CapabilitySet = []
        for (index, name) in names.enumerated() {
            guard let capability = CapabilitySet(name: name) else {
                throw FieldError(
                    "process.capabilities.\(key)[\(index)]", "no capability is named \"\(shortened(name))\"")
            }
            set.formUnion(capability)
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
        for number in ambient.numbers {
            do throws(SystemCallError) { try ProcessAttributes.raiseAmbient(number) } catch {
                // What the configuration itself makes neither permitted nor inheritable can't be ambient: so runc's own
                // default asks for it, in vain.
                let capability = CapabilitySet(number: number)
                if permitted.intersection(inheritable).contains(capability) { refused.formUnion(capability) }
            }
        }
        return refused
    }
}

/// Outside text, short enough for one line and without what a terminal would obey.
func shortened(_ text: String, to limit: Int = 100) -> String {
    let printable = String(
        String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? "?" : $0 }))
    return printable.utf8.count <= limit ? printable : String(printable.prefix(limit)) + "…"
}
