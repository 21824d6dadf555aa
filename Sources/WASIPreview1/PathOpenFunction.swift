import HostCapabilities
import SystemCalls
import WasmEngine

/// `path_open`.
enum PathOpenFunction {
    static let table: [Preview1Function] = [
        Preview1Function("path_open", [.i32, .i32, .i32, .i32, .i32, .i64, .i64, .i32, .i32]) {
            (call, memory, values) throws(Preview1Failure) in
            let request = Request(
                base: Preview1Rights(rawValue: values[u64: 5]), inheriting: Preview1Rights(rawValue: values[u64: 6]),
                followLinks: try followsLinks(values[u32: 1]), creation: try Creation(argument: values[u32: 4]),
                flags: try Preview1DescriptorFlags(argument: values[u32: 7]))
            try open(
                call.context, memory, values[u32: 0], try GuestPath(memory, values, 2), request, result: values[u32: 8])
        }
    ]

    /// `oflags` of the witx file.
    struct Creation: OptionSet {
        let rawValue: UInt16

        static let create = Creation(rawValue: 1 << 0)
        static let directory = Creation(rawValue: 1 << 1)
        static let exclusive = Creation(rawValue: 1 << 2)
        static let truncate = Creation(rawValue: 1 << 3)

        /// The flags of an argument: `inval` with bits that preview 1 lacks.
        init(argument: UInt32) throws(Preview1Failure) {
            guard argument < 1 << 4 else { throw .errno(.inval) }
            rawValue = UInt16(argument)
        }

        init(rawValue: UInt16) { self.rawValue = rawValue }
    }

    /// What a guest asks `path_open` for.
    struct Request {
        let base: Preview1Rights
        let inheriting: Preview1Rights
        let followLinks: Bool
        let creation: Creation
        let flags: Preview1DescriptorFlags

        /// What the directory has to allow, besides what it passes on.
        var neededOfDirectory: Preview1Rights {
            var rights: Preview1Rights = .pathOpen
            if creation.contains(.create) { rights.insert(.pathCreateFile) }
            if creation.contains(.truncate) { rights.insert(.pathFilestatSetSize) }
            return rights
        }

        /// What the directory has to pass on for the flags to be used.
        var neededOfInherited: Preview1Rights {
            var rights: Preview1Rights = []
            if flags.contains(.dsync) { rights.insert(.fdDatasync) }
            if !flags.isDisjoint(with: [.rsync, .sync]) { rights.insert(.fdSync) }
            return rights
        }

        /// The same for the capability layer, as far as the granted rights go.
        func opening(granted: Preview1Rights) -> OpenRequest {
            var request: OpenRequest = []
            if granted.contains(.fdWrite) { request.insert(.write) }
            // Somebody who may do neither still opens to look at it.
            if granted.contains(.fdRead) || !granted.contains(.fdWrite) { request.insert(.read) }
            if creation.contains(.create) { request.insert(.create) }
            if creation.contains(.exclusive) { request.insert(.exclusive) }
            if creation.contains(.truncate) { request.insert(.truncate) }
            if creation.contains(.directory) { request.insert(.directory) }
            if flags.contains(.append) { request.insert(.append) }
            if flags.contains(.nonblock) { request.insert(.nonBlocking) }
            if flags.contains(.dsync) { request.insert(.dataSynchronized) }
            if !flags.isDisjoint(with: [.rsync, .sync]) { request.insert(.synchronized) }
            if followLinks { request.insert(.followLinks) }
            return request
        }
    }

    /// `path_open`: opens or creates what a path means.
    ///
    /// The new descriptor has the rights that were asked for, that the directory passes on and that its kind has;
    /// asking for more is no error, since toolchains ask for all there are. Errors beside those of `PathFunctions`:
    /// `exist`, `isdir` for writing to a directory, `loop` for a link that isn't to be followed, `mfile`, `nxio`,
    /// `inval` for a directory that is to be created or truncated.
    static func open(
        _ context: Preview1Context, _ memory: borrowing GuestMemory, _ number: UInt32, _ path: GuestPath,
        _ request: Request, result: UInt32
    ) throws(Preview1Failure) {
        let (entry, slot) = try context.descriptors.directory(number, needing: request.neededOfDirectory)
        guard slot.inheriting.isSuperset(of: request.neededOfInherited) else { throw .errno(.notcapable) }
        let target = try memory.range(at: result, count: 4)
        try context.descriptors.expectRoom()
        let granted = request.base.intersection(slot.inheriting)
        let node = try path.use(context) { (path) throws(Errno) in
            try entry.directory.open(path, request.opening(granted: granted))
        }
        let opened = Self.slot(node, granted: granted, inheriting: request.inheriting.intersection(slot.inheriting))
        let number = try context.descriptors.insert(opened)
        target.storeBytes(of: number.littleEndian, as: UInt32.self)
    }

    private static func slot(
        _ node: OpenedNode, granted: Preview1Rights, inheriting: Preview1Rights
    ) -> DescriptorTable.Slot {
        switch node {
        case .directory(let directory):
            return .init(
                .directory(DirectoryEntry(directory)), base: granted.intersection(.directory), inheriting: inheriting)
        case .file(let file):
            let kind: Preview1Rights =
                switch file.kind {
                case .characterDevice where file.isTerminal: .stream
                case .pipe, .socket: .stream
                default: .file
                }
            return .init(.file(file), base: granted.intersection(kind), inheriting: inheriting.intersection(kind))
        }
    }
}
