import OCISpec
import ProcessSettings
import SystemCalls

/// Sockets that the service manager handed over: descriptors from 3 on, as sd_listen_fds(3) has it.
enum SocketActivation {
    static let countVariable = "LISTEN_FDS"
    static let processVariable = "LISTEN_PID"

    /// How many were handed to this very process. A count that was meant for another, and came down with the environment, says
    /// nothing about our descriptors (runc looks at it too, crun doesn't).
    static var count: UInt32 {
        guard let process = Environment.value(processVariable), Int32(process) == Processes.current else { return 0 }
        return Environment.value(countVariable).flatMap { UInt32($0) } ?? 0
    }

    /// Tells the container of them, unless its configuration does.
    ///
    /// - Parameter asked: descriptors that come behind the sockets (`--preserve-fds`).
    /// - Returns: how many descriptors from 3 on the container gets in all.
    static func handOver(_ asked: UInt32, _ configuration: inout RuntimeConfiguration) throws(RuntimeFailure) -> UInt32
    {
        let activated = count
        let sum = try total(asked, activated)
        let isTold = configuration.process?.environment.contains { $0.hasPrefix("\(countVariable)=") } ?? true
        if activated > 0, !isTold {
            configuration.process?.environment += ["\(countVariable)=\(activated)", "\(processVariable)=1"]
        }
        return sum
    }

    static func total(_ asked: UInt32, _ activated: UInt32) throws(RuntimeFailure) -> UInt32 {
        let (sum, overflow) = asked.addingReportingOverflow(activated)
        guard !overflow, sum <= ProcessSettings.preservedLimit else {
            throw RuntimeFailure(.refused, "--preserve-fds: at most \(ProcessSettings.preservedLimit)")
        }
        return sum
    }
}

/// Descriptors from 3 on that are the caller's, for the process that is going to be made.
public enum PreservedDescriptors {
    /// Occupies the numbers among them that the caller left free. To be called before anything is opened: what is ours must
    /// not get a number that is preserved.
    ///
    /// What stands there is a pipe that nobody writes to; it is closed when the program is executed, or the guest begins.
    ///
    /// - Parameter asked: the count of `--preserve-fds`.
    public static func reserve(_ asked: UInt32) throws(RuntimeFailure) {
        let count = Int32(try SocketActivation.total(asked, SocketActivation.count))
        let free = (3..<3 + count).filter { !Descriptors.isOpen($0) }
        guard !free.isEmpty else { return }
        do throws(SystemCallError) {
            let nothing = try nothing(numbered: 3 + count)
            for number in free {
                try Descriptors.place(nothing.rawValue, at: number)
                try Descriptors.setCloseOnExec(number, true)
            }
        } catch { throw RuntimeFailure(.system, "--preserve-fds: \(error)") }
    }

    private static func nothing(numbered lowest: Int32) throws(SystemCallError) -> OwnedDescriptor {
        let pipe = try Descriptors.pipe()
        return try Descriptors.duplicate(pipe.read.rawValue, lowest: lowest)
    }
}
