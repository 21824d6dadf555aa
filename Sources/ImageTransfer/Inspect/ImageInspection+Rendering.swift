import JSON
import OCISpec

extension ImageInspection {
    /// For people: one fact a line, lists below each other.
    public func text() -> String {
        var lines: [String] = [names.isEmpty ? "<no name>" : names.map { shown($0.familiar) }.joined(separator: ", ")]
        func fact(_ label: String, _ value: String?) {
            guard let value, !value.isEmpty else { return }
            lines.append("  \(label.padded(to: 12)) \(value)")
        }
        func facts(_ label: String, _ values: [String]) {
            for (number, value) in values.enumerated() { fact(number == 0 ? label : "", value) }
        }
        fact("id", id.description)
        fact("platform", shown(platform.description))
        fact("form", isArtifact ? "wasm artifact" : "root file system")
        fact("kind", shown(entry.summary))
        fact("entry point", Self.line(configuration.entrypoint))
        fact("command", Self.line(configuration.command))
        fact("directory", configuration.workingDirectory.map(shown))
        fact("user", configuration.user.map(shown))
        facts("env", configuration.environment.map(shown))
        fact("ports", configuration.exposedPorts.map(shown).joined(separator: ", "))
        fact("volumes", configuration.volumes.map(shown).joined(separator: ", "))
        fact("stop signal", configuration.stopSignal.map(shown))
        facts("labels", Self.pairs(configuration.labels))
        facts("annotations", Self.pairs(annotations))
        facts("imports", entry.imports.map(shown))
        facts("exports", entry.exports.map(shown))
        fact("size", Self.bytes(size))
        for (number, layer) in layers.enumerated() {
            let descriptor = layer.descriptor
            let size = Self.bytes(descriptor.size)
            fact(
                number == 0 ? "layers" : "",
                "\(descriptor.digest.short)  \(size)  \(shown(descriptor.mediaType.rawValue))")
        }
        fact("unpacked", rootPath)
        return lines.joined(separator: "\n") + "\n"
    }

    /// For programs.
    public var json: JSONValue {
        var object = JSONObject()
        object["names"] = .array(names.map { .string($0.description) })
        object["id"] = .string(id.description)
        object["platform"] = .string(platform.description)
        object["form"] = .string(isArtifact ? "artifact" : "rootfs")
        object["kind"] = .string(entry.summary)
        object["entrypoint"] = .array(configuration.entrypoint.map { .string($0) })
        object["command"] = .array(configuration.command.map { .string($0) })
        object["workingDirectory"] = configuration.workingDirectory.map { .string($0) } ?? .null
        object["user"] = configuration.user.map { .string($0) } ?? .null
        object["environment"] = .array(configuration.environment.map { .string($0) })
        object["ports"] = .array(configuration.exposedPorts.map { .string($0) })
        object["volumes"] = .array(configuration.volumes.map { .string($0) })
        object["stopSignal"] = configuration.stopSignal.map { .string($0) } ?? .null
        object["labels"] = Self.map(configuration.labels)
        object["annotations"] = Self.map(annotations)
        object["imports"] = .array(entry.imports.map { .string($0) })
        object["exports"] = .array(entry.exports.map { .string($0) })
        object["size"] = .integer(size)
        object["layers"] = .array(
            layers.map { layer in
                [
                    "digest": .string(layer.descriptor.digest.description), "size": .integer(layer.descriptor.size),
                    "mediaType": .string(layer.descriptor.mediaType.rawValue),
                    "diffID": layer.diffID.map { .string($0.description) } ?? .null,
                ]
            })
        object["rootPath"] = rootPath.map { .string($0) } ?? .null
        return .object(object)
    }

    private static func map(_ map: [String: String]) -> JSONValue {
        .object(JSONObject(map.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: .string($0.value)) }))
    }

    private static func pairs(_ map: [String: String]) -> [String] {
        map.sorted { $0.key < $1.key }.map { "\(shown($0.key))=\(shown($0.value))" }
    }

    /// Words as a shell would need them: quoted when they have spaces.
    private static func line(_ words: [String]) -> String {
        words.map { $0.isEmpty || $0.contains(" ") ? quoted($0) : shown($0) }.joined(separator: " ")
    }

    /// As a person reads sizes: `512 B`, `1.4 kB`, `23.0 MB`.
    public static func bytes(_ count: Int64) -> String {
        guard count >= 1000 else { return "\(count) B" }
        var value = Double(count)
        var unit = ""
        for next in ["kB", "MB", "GB", "TB"] where value >= 999.95 {
            value /= 1000
            unit = next
        }
        let tenths = Int64((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) \(unit)"
    }
}

/// Text out of an image as a terminal may see it: with quotes and escapes as soon as it has anything a terminal obeys.
func shown(_ text: String) -> String {
    let isPlain = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
    return isPlain ? text : quoted(text)
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        count >= width ? self : self + String(repeating: " ", count: width - count)
    }
}
