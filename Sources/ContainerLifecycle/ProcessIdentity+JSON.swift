import JSON

// As records have it.

extension ProcessIdentity {
    public var json: JSONValue { ["pid": .integer(Int64(number)), "startTicks": .unsigned(startTicks)] }

    public init(json node: JSONNode) throws(JSONError) {
        self.init(number: try node.required("pid").integer(), startTicks: try node.required("startTicks").integer())
    }
}
