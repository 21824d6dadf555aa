import SystemCalls

/// Files by which a process enters a container's groups itself: opened by the runtime, written by its child.
///
/// Moving another process makes the kernel wait until no processor is in the middle of a fork: ten milliseconds and more for the
/// first tree. A process with one thread that moves itself by a `tasks` file of version 1 waits for nobody.
public struct CgroupEntrances: ~Copyable {
    private var files: [Int32] = []

    public init() {}

    deinit { for file in files { _ = OwnedDescriptor(adopting: file) } }

    fileprivate mutating func add(_ file: consuming OwnedDescriptor) { files.append(file.release()) }

    /// Enters all of them. For the process that has one thread, which is in its group of version 2 by then.
    public borrowing func enter() throws(CgroupError) {
        for file in files {
            do throws(SystemCallError) { try Files.writeAll(file, [UInt8(ascii: "0")]) } catch {
                throw CgroupError(error)
            }
        }
    }
}

extension ContainerCgroup {
    /// Opens the entrances of version 1; nil when the container's groups can only be entered by `add`.
    ///
    /// - Parameter inUnified: clone3 makes the process in `unifiedDirectory`.
    public func openEntrances(inUnified: Bool) throws(CgroupError) -> CgroupEntrances? {
        guard awaited == nil, inUnified || unified == nil else { return nil }
        var entrances = CgroupEntrances()
        for group in groups where !group.isUnified {
            do throws(SystemCallError) {
                entrances.add(try Files.open("\(group.directory)/tasks", flags: .writeOnly))
            } catch { throw CgroupError(error) }
        }
        return entrances
    }
}
