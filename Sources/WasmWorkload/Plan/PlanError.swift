/// A configuration or a wish that no plan can be made from, in one sentence that says where and what to write instead.
public struct PlanError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}
