import FieldErrors
import OCISpec
import SystemCalls

/// A device node that the container gets.
public struct PlannedDevice: Equatable, Sendable {
    /// For errors, such as `linux.devices[1]`.
    public var field: String
    public var path: String
    public var kind: MountedFile.Kind
    public var permissions: UInt32
    public var user: UInt32
    public var group: UInt32

    init(_ device: LinuxDevice, field: String) throws(FieldError) {
        self.field = field
        path = MountPlan.cleaned(device.path)
        guard path != "/", !path.utf8.contains(0) else { throw FieldError("\(field).path", "is no place for a device") }
        let number = DeviceNumber(major: device.major, minor: device.minor)
        kind =
            switch device.kind {
            case .character, .unbufferedCharacter: .characterDevice(number)
            case .block: .blockDevice(number)
            case .fifo: .pipe
            }
        permissions = device.fileMode ?? 0o666
        user = device.uid ?? 0
        group = device.gid ?? 0
    }

    private init(_ path: String, _ major: UInt32, _ minor: UInt32) {
        field = "default device \(path)"
        self.path = path
        kind = .characterDevice(DeviceNumber(major: major, minor: minor))
        permissions = 0o666
        user = 0
        group = 0
    }

    /// What every container has. config-linux.md, "Default Devices".
    static let defaults = [
        PlannedDevice("/dev/null", 1, 3), PlannedDevice("/dev/zero", 1, 5), PlannedDevice("/dev/full", 1, 7),
        PlannedDevice("/dev/random", 1, 8), PlannedDevice("/dev/urandom", 1, 9), PlannedDevice("/dev/tty", 5, 0),
    ]
}
