import SystemCalls

/// Lists of `NAME=value`.
enum EnvironmentList {
    /// The first list with the second's values over it: each name once, at the place where it came first.
    static func merged(_ base: [String], _ over: [String]) -> [String] {
        var result: [String] = []
        var places: [Substring: Int] = [:]
        for variable in base + over {
            let name = variable.assignedName
            if let place = places[name] {
                result[place] = variable
            } else {
                places[name] = result.count
                result.append(variable)
            }
        }
        return result
    }
}
