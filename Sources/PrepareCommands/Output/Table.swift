/// Rows in aligned columns, for people.
struct Table {
    private var rows: [[String]]

    init(_ headers: String...) { rows = [headers] }

    mutating func add(_ cells: String...) { rows.append(cells) }

    /// Two spaces between columns; nothing after the last cell of a row.
    var text: String {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count + 2)
            }
            return cells.joined() + "\n"
        }.joined()
    }
}
