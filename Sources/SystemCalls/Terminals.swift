import CLinuxShims
import Glibc

/// Terminals: pseudo terminals, modes, window sizes.
public enum Terminals {
    /// The two ends of a pseudo terminal, closed on exec.
    public struct Pair: ~Copyable {
        public let master: OwnedDescriptor
        public let slave: OwnedDescriptor

        public init(master: consuming OwnedDescriptor, slave: consuming OwnedDescriptor) {
            self.master = master
            self.slave = slave
        }

        /// Gives both ends away.
        public consuming func release() -> (master: Int32, slave: Int32) { (master.release(), slave.release()) }

        /// Keeps the master and closes the slave.
        public consuming func keepMaster() -> OwnedDescriptor { master }
    }

    /// The window in characters.
    public struct Size: Equatable, Sendable {
        public var rows: UInt16
        public var columns: UInt16

        public init(rows: UInt16, columns: UInt16) {
            self.rows = rows
            self.columns = columns
        }
    }

    /// A terminal's mode as tcgetattr(3) gave it, to be restored as it was.
    public struct Mode: Equatable, Sendable {
        fileprivate var bytes: [UInt8]
    }

    /// tcgetattr(3).
    public static func mode(of terminal: Int32) throws(SystemCallError) -> Mode {
        var mode = Mode(bytes: [UInt8](repeating: 0, count: martlet_tty_mode_size()))
        _ = try checked("tcgetattr") { martlet_tty_mode(terminal, &mode.bytes) }
        return mode
    }

    /// A new pseudo terminal. The slave is opened through the master, not by a path that could be somebody else's.
    public static func open() throws(SystemCallError) -> Pair {
        var slave: Int32 = -1
        let master = try checked("open", "/dev/ptmx") { martlet_pty_open(&slave) }
        return Pair(master: OwnedDescriptor(adopting: master), slave: OwnedDescriptor(adopting: slave))
    }

    /// The slave of a pseudo terminal whose master is this, unlocked, closed on exec.
    public static func slave(of master: Int32) throws(SystemCallError) -> OwnedDescriptor {
        OwnedDescriptor(adopting: try checked("ioctl", "TIOCGPTPEER") { martlet_pty_slave(master) })
    }

    /// isatty(3).
    public static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    /// Makes a terminal the controlling one of the session that the caller leads (TIOCSCTTY).
    public static func takeControl(of terminal: Int32) throws(SystemCallError) {
        _ = try checked("ioctl", "TIOCSCTTY") { martlet_tty_control(terminal) }
    }

    /// TIOCGWINSZ.
    public static func size(of terminal: Int32) throws(SystemCallError) -> Size {
        var size = Size(rows: 0, columns: 0)
        _ = try checked("ioctl", "TIOCGWINSZ") { martlet_tty_size_get(terminal, &size.rows, &size.columns) }
        return size
    }

    /// TIOCSWINSZ: whoever has the terminal in its foreground gets SIGWINCH.
    public static func setSize(of terminal: Int32, to size: Size) throws(SystemCallError) {
        _ = try checked("ioctl", "TIOCSWINSZ") { martlet_tty_size_set(terminal, size.rows, size.columns) }
    }

    /// Every key reaches the reader at once and unchanged (cfmakeraw(3)). Returns the mode before.
    public static func makeRaw(_ terminal: Int32) throws(SystemCallError) -> Mode {
        let mode = try mode(of: terminal)
        _ = try checked("tcsetattr") { martlet_tty_raw(terminal) }
        return mode
    }

    /// What is written to the slave is read from the master with the same ends of lines, without a carriage return (ONLCR).
    public static func endLinesPlainly(_ master: Int32) throws(SystemCallError) {
        _ = try checked("tcsetattr") { martlet_tty_plain_lines(master) }
    }

    /// tcsetattr(3), once what was written has gone out.
    public static func restore(_ terminal: Int32, to mode: Mode) throws(SystemCallError) {
        _ = try checked("tcsetattr") { martlet_tty_restore(terminal, mode.bytes) }
    }
}
