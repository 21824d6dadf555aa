import SystemCalls

/// What a preview-1 function returns: `errno` of the witx file, a 16-bit enumeration with 0 for success.
public struct Preview1Errno: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt16

    @inlinable
    public init(rawValue: UInt16) { self.rawValue = rawValue }
}

extension Preview1Errno {
    public static let success = Preview1Errno(rawValue: 0)
    public static let tooBig = Preview1Errno(rawValue: 1)
    public static let acces = Preview1Errno(rawValue: 2)
    public static let addrinuse = Preview1Errno(rawValue: 3)
    public static let addrnotavail = Preview1Errno(rawValue: 4)
    public static let afnosupport = Preview1Errno(rawValue: 5)
    public static let again = Preview1Errno(rawValue: 6)
    public static let already = Preview1Errno(rawValue: 7)
    public static let badf = Preview1Errno(rawValue: 8)
    public static let badmsg = Preview1Errno(rawValue: 9)
    public static let busy = Preview1Errno(rawValue: 10)
    public static let canceled = Preview1Errno(rawValue: 11)
    public static let child = Preview1Errno(rawValue: 12)
    public static let connaborted = Preview1Errno(rawValue: 13)
    public static let connrefused = Preview1Errno(rawValue: 14)
    public static let connreset = Preview1Errno(rawValue: 15)
    public static let deadlk = Preview1Errno(rawValue: 16)
    public static let destaddrreq = Preview1Errno(rawValue: 17)
    public static let dom = Preview1Errno(rawValue: 18)
    public static let dquot = Preview1Errno(rawValue: 19)
    public static let exist = Preview1Errno(rawValue: 20)
    public static let fault = Preview1Errno(rawValue: 21)
    public static let fbig = Preview1Errno(rawValue: 22)
    public static let hostunreach = Preview1Errno(rawValue: 23)
    public static let idrm = Preview1Errno(rawValue: 24)
    public static let ilseq = Preview1Errno(rawValue: 25)
    public static let inprogress = Preview1Errno(rawValue: 26)
    public static let intr = Preview1Errno(rawValue: 27)
    public static let inval = Preview1Errno(rawValue: 28)
    public static let io = Preview1Errno(rawValue: 29)
    public static let isconn = Preview1Errno(rawValue: 30)
    public static let isdir = Preview1Errno(rawValue: 31)
    public static let loop = Preview1Errno(rawValue: 32)
    public static let mfile = Preview1Errno(rawValue: 33)
    public static let mlink = Preview1Errno(rawValue: 34)
    public static let msgsize = Preview1Errno(rawValue: 35)
    public static let multihop = Preview1Errno(rawValue: 36)
    public static let nametoolong = Preview1Errno(rawValue: 37)
    public static let netdown = Preview1Errno(rawValue: 38)
    public static let netreset = Preview1Errno(rawValue: 39)
    public static let netunreach = Preview1Errno(rawValue: 40)
    public static let nfile = Preview1Errno(rawValue: 41)
    public static let nobufs = Preview1Errno(rawValue: 42)
    public static let nodev = Preview1Errno(rawValue: 43)
    public static let noent = Preview1Errno(rawValue: 44)
    public static let noexec = Preview1Errno(rawValue: 45)
    public static let nolck = Preview1Errno(rawValue: 46)
    public static let nolink = Preview1Errno(rawValue: 47)
    public static let nomem = Preview1Errno(rawValue: 48)
    public static let nomsg = Preview1Errno(rawValue: 49)
    public static let noprotoopt = Preview1Errno(rawValue: 50)
    public static let nospc = Preview1Errno(rawValue: 51)
    public static let nosys = Preview1Errno(rawValue: 52)
    public static let notconn = Preview1Errno(rawValue: 53)
    public static let notdir = Preview1Errno(rawValue: 54)
    public static let notempty = Preview1Errno(rawValue: 55)
    public static let notrecoverable = Preview1Errno(rawValue: 56)
    public static let notsock = Preview1Errno(rawValue: 57)
    public static let notsup = Preview1Errno(rawValue: 58)
    public static let notty = Preview1Errno(rawValue: 59)
    public static let nxio = Preview1Errno(rawValue: 60)
    public static let overflow = Preview1Errno(rawValue: 61)
    public static let ownerdead = Preview1Errno(rawValue: 62)
    public static let perm = Preview1Errno(rawValue: 63)
    public static let pipe = Preview1Errno(rawValue: 64)
    public static let proto = Preview1Errno(rawValue: 65)
    public static let protonosupport = Preview1Errno(rawValue: 66)
    public static let prototype = Preview1Errno(rawValue: 67)
    public static let range = Preview1Errno(rawValue: 68)
    public static let rofs = Preview1Errno(rawValue: 69)
    public static let spipe = Preview1Errno(rawValue: 70)
    public static let srch = Preview1Errno(rawValue: 71)
    public static let stale = Preview1Errno(rawValue: 72)
    public static let timedout = Preview1Errno(rawValue: 73)
    public static let txtbsy = Preview1Errno(rawValue: 74)
    public static let xdev = Preview1Errno(rawValue: 75)
    public static let notcapable = Preview1Errno(rawValue: 76)
}

extension Preview1Errno {
    /// What the kernel said, in the guest's numbers. A number that preview 1 lacks is `io`.
    public init(_ errno: Errno) {
        let index = Int(errno.rawValue)
        self = Self.byKernelNumber.indices.contains(index) ? Self.byKernelNumber[index] : .io
    }

    /// Indexed by the kernel's number: the same on x86-64 and aarch64.
    private static let byKernelNumber: [Preview1Errno] = {
        var table = [Preview1Errno](repeating: .io, count: 134)
        for (number, errno) in kernelNumbers { table[number] = errno }
        return table
    }()

    private static let kernelNumbers: [(Int, Preview1Errno)] = [
        (1, .perm), (2, .noent), (3, .srch), (4, .intr), (5, .io), (6, .nxio), (7, .tooBig), (8, .noexec), (9, .badf),
        (10, .child), (11, .again), (12, .nomem), (13, .acces), (14, .fault), (16, .busy), (17, .exist), (18, .xdev),
        (19, .nodev), (20, .notdir), (21, .isdir), (22, .inval), (23, .nfile), (24, .mfile), (25, .notty),
        (26, .txtbsy), (27, .fbig), (28, .nospc), (29, .spipe), (30, .rofs), (31, .mlink), (32, .pipe), (33, .dom),
        (34, .range), (35, .deadlk), (36, .nametoolong), (37, .nolck), (38, .nosys), (39, .notempty), (40, .loop),
        (42, .nomsg), (43, .idrm), (67, .nolink), (71, .proto), (72, .multihop), (74, .badmsg), (75, .overflow),
        (84, .ilseq), (88, .notsock), (89, .destaddrreq), (90, .msgsize), (91, .prototype), (92, .noprotoopt),
        (93, .protonosupport), (95, .notsup), (97, .afnosupport), (98, .addrinuse), (99, .addrnotavail),
        (100, .netdown), (101, .netunreach), (102, .netreset), (103, .connaborted), (104, .connreset), (105, .nobufs),
        (106, .isconn), (107, .notconn), (110, .timedout), (111, .connrefused), (113, .hostunreach), (114, .already),
        (115, .inprogress), (116, .stale), (122, .dquot), (125, .canceled), (130, .ownerdead), (131, .notrecoverable),
    ]
}
