import Cgroups

// The parts of a request as they are written and read.

extension RuntimeSettings {
    func write(to writer: inout PacketWriter) {
        writer.add(root)
        writer.add(cgroupDriver?.rawValue)
        writer.add(isRootless)
        writer.add(imageStore)
        writer.add(tracesPhases)
    }

    init(_ reader: inout PacketReader) throws(PacketError) {
        self.init()
        root = try reader.optionalText()
        cgroupDriver = nil
        if let name = try reader.optionalText() {
            guard let driver = CgroupDriver(rawValue: name) else {
                throw PacketError("names an unknown driver of control groups")
            }
            cgroupDriver = driver
        }
        isRootless = try reader.optionalFlag()
        imageStore = try reader.optionalText()
        tracesPhases = try reader.flag()
    }
}

extension CreateRequest {
    func write(to writer: inout PacketWriter) {
        writer.add(id)
        writer.add(bundle)
        writer.add(configuration)
        writer.add(pidFile)
        writer.add(consoleSocket)
        writer.add(pidfdSocket)
        writer.add(preservedDescriptors)
        writer.add(avoidsPivot)
        writer.add(keepsKeyring)
    }

    init(_ reader: inout PacketReader) throws(PacketError) {
        self.init(id: try reader.text(), bundle: try reader.text())
        guard BundleID.isValid(id) else { throw PacketError("the id can't be one") }
        configuration = try reader.optionalText()
        pidFile = try reader.optionalText()
        consoleSocket = try reader.optionalText()
        pidfdSocket = try reader.optionalText()
        preservedDescriptors = try reader.number()
        avoidsPivot = try reader.flag()
        keepsKeyring = try reader.flag()
    }
}
