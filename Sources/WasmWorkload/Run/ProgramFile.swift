import ContainerMounts
import SystemCalls
import WasmBinary

/// The file that holds a workload's code, opened for reading.
public struct ProgramFile: ~Copyable {
    public let descriptor: OwnedDescriptor
    /// How the plan names it, for messages.
    public let name: String
    public let status: FileStatus

    /// Opens the plan's program. A file of the root is resolved without leaving the root.
    public init(_ plan: WorkloadPlan) throws(WorkloadError) {
        let opened = try Self.open(plan)
        let descriptor = OwnedDescriptor(adopting: opened.descriptor)
        let status = try Self.status(of: descriptor.rawValue)
        guard status.kind == .regular else {
            throw WorkloadError(.cannotRun, "\(opened.name) is a \(status.kind), not a file with a program")
        }
        self.status = status
        name = opened.name
        self.descriptor = descriptor
    }

    private static func status(of descriptor: Int32) throws(WorkloadError) -> FileStatus {
        do throws(SystemCallError) { return try FileStatus.of(descriptor) } catch {
            throw WorkloadError("the program can't be looked at: \(error)")
        }
    }

    private static func open(_ plan: WorkloadPlan) throws(WorkloadError) -> (descriptor: Int32, name: String) {
        switch plan.program {
        case .file(let path):
            do throws(SystemCallError) {
                return (try regularFile(Files.open(path, flags: [.path]), path), path)
            } catch { throw WorkloadError(.notFound, "the program can't be opened: \(error)") }
        case .inRoot(let candidates):
            guard let root = plan.root else {
                throw WorkloadError("the plan names a program of a root and has no root")
            }
            do throws(SystemCallError) {
                let directory = try Files.open(root.path, flags: [.path, .directory])
                if let found = try first(of: candidates, in: directory.rawValue, plan.mounts) { return found }
            } catch { throw WorkloadError(.notFound, "the entry point in the root \(root.path): \(error)") }
            throw WorkloadError(
                .notFound, "the image holds no \(candidates.joined(separator: ", no ")); choose another --entrypoint")
        }
    }

    /// Opens a file for reading that was found by name only. Opening alone does something to a device, and an image can hold
    /// device nodes: what isn't a regular file is looked at and never opened.
    private static func regularFile(
        _ found: consuming OwnedDescriptor, _ path: String
    ) throws(SystemCallError) -> Int32 {
        // The caller refuses it by its kind, which an O_PATH descriptor tells as well.
        guard try FileStatus.of(found.rawValue).kind == .regular else { return found.release() }
        let file = try Files.open(
            "/proc/self/fd/\(found.rawValue)", flags: [.readOnly, .nonBlocking, .noControllingTerminal])
        return file.release()
    }

    private static func first(
        of candidates: [String], in root: Int32, _ mounts: [Volume]
    ) throws(SystemCallError) -> (descriptor: Int32, name: String)? {
        for path in candidates {
            do throws(SystemCallError) {
                return (try regularFile(try find(path, in: root, mounts), path), path)
            } catch {
                if error.errno != .noSuchFile && error.errno != .notDirectory { throw error }
            }
        }
        return nil
    }

    /// By a path of the guest: in the mount that covers it, or in the root.
    private static func find(
        _ path: String, in root: Int32, _ mounts: [Volume]
    ) throws(SystemCallError) -> OwnedDescriptor {
        let inside: Resolution = [.inRoot, .noMagicLinks]
        for mount in mounts.reversed() {
            // A file that is mounted is the program itself.
            if path == mount.destination { return try Files.open(mount.source, flags: [.path]) }
            guard path.hasPrefix(mount.destination + "/") else { continue }
            let directory = try Files.open(mount.source, flags: [.path, .directory])
            return try Files.open(
                String(path.dropFirst(mount.destination.count)), in: directory.rawValue, flags: [.path],
                resolve: inside)
        }
        return try Files.open(path, in: root, flags: [.path], resolve: inside)
    }

    /// The first bytes, from which the kind of program is told.
    public borrowing func head() throws(WorkloadError) -> [UInt8] {
        do throws(SystemCallError) {
            return try Files.prefix(descriptor.rawValue, count: BinaryKind.preambleSize)
        } catch { throw WorkloadError(.cannotRun, "\(name) can't be read: \(error)") }
    }
}
