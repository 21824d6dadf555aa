import SystemCalls
import Testing

@testable import ContainerMounts

@Suite(.enabled(if: Machine.isRoot, "mounts need root")) struct BindTests {
    private func bind(_ bundle: Bundle, _ source: String, _ options: String, to destination: String = "/data") -> String
    {
        """
        {"destination":"\(destination)","type":"bind","source":"\(bundle.path)/\(source)","options":[\(options)]}
        """
    }

    @Test func directoriesAndFilesAreBoundWithTheirTargets() throws {
        let bundle = try Bundle()
        let report = try bundle.enter(
            Configuration(mounts: [
                bind(bundle, "outside", #""rbind","rprivate""#, to: "/a/b/c"),
                bind(bundle, "outside/canary", #""bind","ro""#, to: "/etc/app/file"),
            ]), "read=/a/b/c/canary", "read=/etc/app/file", "write=/etc/app/file", "create=/a/b/c/new")
        #expect(report.refusal == nil)
        #expect(report.answer("read /a/b/c/canary") == "alive")
        #expect(report.answer("read /etc/app/file") == "alive")
        #expect(report.answer("write /etc/app/file")?.contains("EROFS") == true)
        #expect(report.answer("create /a/b/c/new") == "ok")
        #expect(try bundle.names("outside") == ["canary", "new"])
    }

    @Test func aRelativeDestinationBeginsAtTheRoot() throws {
        let bundle = try Bundle()
        let report = try bundle.enter(
            Configuration(mounts: [bind(bundle, "outside", #""rbind""#, to: "data")]), "read=/data/canary")
        #expect(report.answer("read /data/canary") == "alive")
    }

    @Test func attributesAreThoseOfTheOptions() throws {
        let bundle = try Bundle()
        let report = try bundle.enter(
            Configuration(mounts: [
                Configuration.procMount, bind(bundle, "outside", #""rbind","nosuid","nodev","noexec","noatime""#),
            ]), "options=/data")
        #expect(report.answer("options /data")?.hasPrefix("rw,nosuid,nodev,noexec,noatime ") == true)
    }

    @Test func recursiveReadOnlyReachesWhatIsMountedBelow() throws {
        let bundle = try Bundle()
        for name in ["tree", "tree/below"] { try bundle.makeDirectory(name) }
        // The first container's tree is the source of a mount below: a bind of a bind.
        let below = bind(bundle, "outside", #""rbind""#, to: "/tree/below")
        let top = bind(bundle, "tree", #""rbind""#, to: "/tree")
        let report = try bundle.enter(
            Configuration(mounts: [top, below, Configuration.procMount]), "create=/tree/below/x", "options=/tree/below")
        #expect(report.answer("create /tree/below/x") == "ok")
        let plain = try Self.nested(bundle, #""rbind","ro""#)
        #expect(plain.answer("create /data/below/x") == "ok")
        let recursive = try Self.nested(bundle, #""rbind","rro""#)
        #expect(recursive.answer("create /data/below/y")?.contains("EROFS") == true)
        #expect(recursive.answer("create /data/y")?.contains("EROFS") == true)
    }

    /// Binds a tree of the host in which a tmpfs is mounted.
    private static func nested(_ bundle: Bundle, _ options: String) throws -> Bundle.Report {
        let source = #"{"destination":"/data","type":"bind","source":"\#(bundle.path)/tree","options":[\#(options)]}"#
        try bundle.write("config.json", Configuration(mounts: [source]).text(root: bundle.path + "/rootfs"))
        return try Bundle.probe([
            "enter", "bundle=\(bundle.path)", "below=\(bundle.path)/tree/below", "create=/data/below/x",
            "create=/data/below/y", "create=/data/y",
        ])
    }

    @Test func propagationIsSet() throws {
        let bundle = try Bundle()
        let report = try bundle.enter(
            Configuration(mounts: [
                Configuration.procMount, bind(bundle, "outside", #""rbind","rshared""#, to: "/a"),
                bind(bundle, "outside", #""rbind","unbindable""#, to: "/b"),
                bind(bundle, "outside", #""rbind","private""#, to: "/c"),
            ]), "options=/a", "options=/b", "options=/c")
        #expect(report.answer("options /a")?.contains("shared:") == true)
        #expect(report.answer("options /b")?.contains("unbindable") == true)
        #expect(report.answer("options /c")?.hasPrefix("rw,relatime - ") == true)
    }

    @Test func aMissingSourceIsNamed() throws {
        let bundle = try Bundle()
        let report = try bundle.enter(Configuration(mounts: [bind(bundle, "missing", #""rbind""#)]))
        #expect(report.refusal?.hasPrefix("mounts[0].source: open_tree \"\(bundle.path)/missing\"") == true)
    }

    @Test func aLinkCanBeCopiedInsteadOfFollowed() throws {
        let bundle = try Bundle()
        try bundle.link("outside-link", to: "/etc/hostname")
        let report = try bundle.enter(
            Configuration(mounts: [bind(bundle, "outside-link", #""bind","copy-symlink""#, to: "/etc/link")]),
            "link=/etc/link")
        #expect(report.answer("link /etc/link") == "/etc/hostname")
    }

    @Test func idsAreMapped() throws {
        let bundle = try Bundle()
        let mappings = #"[{"containerID":0,"hostID":5000,"size":1000}]"#
        let mount = """
            {"destination":"/data","type":"bind","source":"\(bundle.path)/outside","options":["rbind"],
            "uidMappings":\(mappings),"gidMappings":\(mappings)}
            """
        let report = try bundle.enter(Configuration(mounts: [mount]), "owner=/data/canary")
        if report.refusal?.contains("EINVAL") == true { return }  // The file system of /tmp can't.
        #expect(report.refusal == nil)
        #expect(report.answer("owner /data/canary") == "5000:5000")
        let described = try bundle.enter(
            Configuration(mounts: [bind(bundle, "outside", #""rbind","idmap=uids=0-7-10;gids=0-8-10""#)]),
            "owner=/data/canary")
        #expect(described.answer("owner /data/canary") == "7:8")
    }

    @Test func idsOfWhatAnEarlierMountShowsAreMapped() throws {
        let bundle = try Bundle()
        let options = #""rbind","idmap=uids=0-7-10;gids=0-8-10""#
        let report = try bundle.enter(
            Configuration(mounts: [
                bind(bundle, "outside", #""rbind""#, to: "/first/here"),
                bind(bundle, "rootfs/first/here", options, to: "/second"),
            ]), "owner=/second/canary", "owner=/first/here/canary")
        if report.refusal?.contains("EINVAL") == true { return }  // The file system of /tmp can't.
        #expect(report.refusal == nil)
        #expect(report.answer("owner /second/canary") == "7:8")
        #expect(report.answer("owner /first/here/canary") == "0:0")
    }

    @Test func mappedIdsWithoutAnyMappingAreRefused() throws {
        let bundle = try Bundle()
        let report = try bundle.enter(Configuration(mounts: [bind(bundle, "outside", #""rbind","idmap""#)]))
        #expect(report.refusal?.hasPrefix("mounts[0].uidMappings: are missing") == true)
    }

    @Test func aSocketIsBound() throws {
        let bundle = try Bundle()
        let directory = try Files.open(bundle.path, flags: [.readOnly, .directory])
        try DeviceNodes.make(.pipe, "pipe", in: directory.rawValue, permissions: 0o600)
        let report = try bundle.enter(
            Configuration(mounts: [bind(bundle, "pipe", #""rbind""#, to: "/run/pipe")]), "kind=/run/pipe")
        #expect(report.answer("kind /run/pipe") == "pipe")
    }
}

@Suite(.enabled(if: Machine.isRoot, "mounts need root")) struct FileSystemTests {
    @Test func aTmpfsLooksLikeTheDirectoryItCovers() throws {
        let bundle = try Bundle()
        try bundle.makeDirectory("rootfs/covered")
        try OwnershipCalls.setPermissions(bundle.path + "/rootfs/covered", in: Files.currentDirectory, 0o1750)
        let report = try bundle.enter(
            Configuration(mounts: [
                #"{"destination":"/covered","type":"tmpfs"}"#, #"{"destination":"/new","type":"tmpfs"}"#,
                #"{"destination":"/given","type":"tmpfs","options":["mode=0711","uid=5","gid=6","nr_inodes=50"]}"#,
            ]), "mode=/covered", "mode=/new", "mode=/given", "owner=/given")
        #expect(report.answer("mode /covered") == "1750")
        #expect(report.answer("mode /new") == "1777")
        #expect(report.answer("mode /given") == "711")
        #expect(report.answer("owner /given") == "5:6")
    }

    @Test func aReadOnlyTmpfsHoldsTheTargetsOfLaterMounts() throws {
        let bundle = try Bundle()
        let report = try bundle.enter(
            Configuration(mounts: [
                #"{"destination":"/run","type":"tmpfs","options":["ro"]}"#,
                #"{"destination":"/run/inner","type":"tmpfs"}"#,
            ]), "create=/run/x", "create=/run/inner/x")
        #expect(report.answer("create /run/x")?.contains("EROFS") == true)
        #expect(report.answer("create /run/inner/x") == "ok")
    }

    @Test func aCopiedUpTmpfsHoldsWhatItCovers() throws {
        let bundle = try Bundle()
        for name in ["rootfs/run", "rootfs/run/sub"] { try bundle.makeDirectory(name) }
        try bundle.write("rootfs/run/sub/file", "text")
        try bundle.link("rootfs/run/link", to: "sub/file")
        let report = try bundle.enter(
            Configuration(mounts: [#"{"destination":"/run","type":"tmpfs","options":["tmpcopyup","ro"]}"#]),
            "read=/run/sub/file", "link=/run/link", "create=/run/x")
        #expect(report.refusal == nil)
        #expect(report.answer("read /run/sub/file") == "text")
        #expect(report.answer("link /run/link") == "sub/file")
        #expect(report.answer("create /run/x")?.contains("EROFS") == true)
    }

    @Test func anOverlayIsMounted() throws {
        let bundle = try Bundle()
        for name in ["upper", "work"] { try bundle.makeDirectory(name) }
        let path = bundle.path
        let options = #"["lowerdir=\#(path)/outside","upperdir=\#(path)/upper","workdir=\#(path)/work"]"#
        let report = try bundle.enter(
            Configuration(mounts: [#"{"destination":"/o","type":"overlay","source":"overlay","options":\#(options)}"#]),
            "read=/o/canary", "create=/o/new")
        #expect(report.refusal == nil)
        #expect(report.answer("read /o/canary") == "alive")
        #expect(report.answer("create /o/new") == "ok")
        try bundle.expectCanary()
    }

    @Test(.enabled(if: !Machine.hasSELinux, "this kernel takes labels"))
    func aLabelIsForWhatTheContainerHasOfItsOwn() throws {
        let bundle = try Bundle()
        func refusal(_ type: String) throws -> String? {
            var configuration = Configuration(
                mounts: [#"{"destination":"/x","type":"\#(type)","options":["ro"]}"#],
                linux: [#""mountLabel":"system_u:object_r:tmp_t:s0""#])
            configuration.namespaces += ["pid", "ipc", "network", "cgroup"]
            return try bundle.enter(configuration).refusal
        }
        for type in ["proc", "sysfs", "cgroup2"] { #expect(try refusal(type) == nil) }
        // What takes one is refused by the field's name, since no module here does.
        for type in ["tmpfs", "devpts", "mqueue"] {
            #expect(try refusal(type)?.hasPrefix("linux.mountLabel: ") == true, "\(type)")
        }
    }

    @Test func anUnknownTypeOrParameterIsNamed() throws {
        let bundle = try Bundle()
        let type = try bundle.enter(Configuration(mounts: [#"{"destination":"/x","type":"nosuchfs"}"#]))
        #expect(type.refusal?.hasPrefix("mounts[0].type: no file system \"nosuchfs\" here") == true)
        let parameter = try bundle.enter(
            Configuration(mounts: [#"{"destination":"/x","type":"tmpfs","options":["wrong=1"]}"#]))
        #expect(parameter.refusal?.hasPrefix("mounts[0]: tmpfs on /x: ") == true)
        #expect(parameter.refusal?.contains("wrong") == true)
    }
}

@Suite(.enabled(if: Machine.isRoot, "mounts need root")) struct UserNamespaceTests {
    private func mapped(_ base: Configuration = .standard) -> Configuration {
        var configuration = base
        configuration.namespaces.append("user")
        let mappings = #"[{"containerID":0,"hostID":100000,"size":65536}]"#
        configuration.linux += [#""uidMappings":\#(mappings)"#, #""gidMappings":\#(mappings)"#]
        return configuration
    }

    @Test func theStandardConfigurationIsMade() throws {
        let bundle = try Bundle()
        let report = try bundle.enter(
            mapped(), "kind=/dev/null", "write=/dev/null", "type=/dev/null", "read=/proc/keys", "owner=/dev/pts")
        #expect(report.refusal == nil)
        #expect(report.answer("kind /dev/null") == "character 1:3")
        #expect(report.answer("write /dev/null") == "ok")
        // Bound from the host: nobody makes device nodes in a user namespace.
        #expect(report.answer("type /dev/null") != "no mount")
        #expect(report.answer("read /proc/keys") == "")
    }

    @Test(.enabled(if: Machine.makesTreesOfTrees, "copies of what is mounted nowhere take Linux 6.15"))
    func devicesHaveTheModeAndTheOwnerThatWereAskedFor() throws {
        let bundle = try Bundle()
        try bundle.write("rootfs/taken", "")
        var configuration = mapped()
        configuration.linux.append(
            """
            "devices":[{"type":"b","path":"/dev/unknown-to-the-host","major":1,"minor":5,"fileMode":111,"uid":10,"gid":11},
            {"type":"c","path":"/dev/null","major":1,"minor":3,"fileMode":384},
            {"type":"c","path":"/taken","major":1,"minor":5,"fileMode":438},
            {"type":"c","path":"/dev/full","major":1,"minor":7,"uid":70000}]
            """)
        let report = try bundle.enter(
            configuration, "kind=/dev/unknown-to-the-host", "mode=/dev/unknown-to-the-host",
            "owner=/dev/unknown-to-the-host", "mode=/dev/null", "write=/dev/null", "kind=/taken", "options=/taken",
            "kind=/dev/full", "owner=/dev/full")
        #expect(report.refusal == nil)
        #expect(report.answer("kind /dev/unknown-to-the-host") == "block 1:5")
        #expect(report.answer("mode /dev/unknown-to-the-host") == "157")
        #expect(report.answer("owner /dev/unknown-to-the-host") == "10:11")
        #expect(report.answer("mode /dev/null") == "600" && report.answer("write /dev/null") == "ok")
        #expect(report.answer("kind /taken") == "character 1:5")
        #expect(report.answer("options /taken")?.hasPrefix("rw,nosuid,noexec") == true)
        // The host's, as it is: nobody in the namespace could own it.
        #expect(report.answer("kind /dev/full") == "character 1:7")
        #expect(report.answer("owner /dev/full") == "65534:65534")
        // Without what was made outside only what the host has can be bound.
        #expect(try bundle.enter(configuration, "nosources").refusal?.hasPrefix("linux.devices[0]: ") == true)
    }

    @Test func sourcesThatOnlyTheHostMayReadAreBound() throws {
        let bundle = try Bundle()
        try bundle.makeDirectory("closed")
        try bundle.makeDirectory("closed/data")
        try bundle.write("closed/data/file", "seen")
        try OwnershipCalls.setPermissions(bundle.path + "/closed", in: Files.currentDirectory, 0o700)
        var configuration = mapped()
        configuration.mounts.append(
            #"{"destination":"/sys/data","type":"bind","source":"\#(bundle.path)/closed/data","options":["rbind","ro"]}"#
        )
        configuration.mounts.removeAll { $0.contains(#""/sys""#) || $0.contains("/sys/fs") }
        let report = try bundle.enter(configuration, "read=/sys/data/file")
        // The target's directory belongs to the host's root: it must be there.
        #expect(report.refusal?.contains("EACCES") == true)
        try bundle.makeDirectory("rootfs/data")
        configuration.mounts[configuration.mounts.count - 1] =
            #"{"destination":"/data","type":"bind","source":"\#(bundle.path)/closed/data","options":["rbind","ro"]}"#
        let second = try bundle.enter(configuration, "read=/data/file")
        #expect(second.refusal == nil)
        #expect(second.answer("read /data/file") == "seen")
        let alone = try bundle.enter(configuration, "nosources", "read=/data/file")
        #expect(alone.refusal?.contains("EACCES") == true)
    }

    @Test func aRootThatOnlyTheHostMayReachIsEntered() throws {
        let bundle = try Bundle()
        try OwnershipCalls.setPermissions(bundle.path, in: Files.currentDirectory, 0o700)
        let report = try bundle.enter(mapped(), "list=/", "kind=/dev/null")
        #expect(report.refusal == nil)
        #expect(report.answer("list /") == "dev proc sys")
        #expect(report.answer("kind /dev/null") == "character 1:3")
    }

    @Test func aGroupOfTerminalsThatIsNotMappedIsLeftOut() throws {
        let bundle = try Bundle()
        var configuration = Configuration.standard
        configuration.namespaces.append("user")
        configuration.linux += [
            #""uidMappings":[{"containerID":0,"hostID":0,"size":1}]"#,
            #""gidMappings":[{"containerID":0,"hostID":0,"size":1}]"#,
        ]
        let report = try bundle.enter(configuration, "options=/dev/pts")
        #expect(report.refusal == nil)
        #expect(report.answer("options /dev/pts")?.contains("gid=5") == false)
    }

    @Test func sysfsIsTheHostsWithoutANetworkNamespace() throws {
        let bundle = try Bundle()
        var configuration = mapped()
        configuration.namespaces.removeAll { $0 == "network" }
        configuration.mounts.removeAll { $0.contains("/sys/fs/cgroup") }
        let report = try bundle.enter(configuration, "options=/sys", "list=/sys/kernel")
        #expect(report.refusal == nil)
        #expect(report.answer("options /sys")?.hasPrefix("ro,nosuid,nodev,noexec") == true)
        #expect(report.answer("list /sys/kernel")?.isEmpty == false)
    }

    @Test func lockedFlagsOfTheSourceStay() throws {
        let bundle = try Bundle()
        try bundle.makeDirectory("rootfs/data")
        var configuration = mapped()
        configuration.mounts.append(
            #"{"destination":"/data","type":"bind","source":"\#(bundle.path)/outside","options":["rbind","ro"]}"#)
        let words = ["enter", "bundle=\(bundle.path)", "nosources", "locked=\(bundle.path)/outside", "options=/data"]
        try bundle.write("config.json", configuration.text(root: bundle.path + "/rootfs"))
        let report = try Bundle.probe(words)
        #expect(report.refusal == nil, "\(report.text)")
        #expect(report.answer("options /data")?.hasPrefix("ro,nosuid,nodev,noexec") == true)
    }

    /// A bundle's folder that is read-only, nosuid, nodev and noexec on the host, bound with these options.
    private func lockedSource(_ configuration: Configuration, _ options: String, _ words: String...) throws
        -> Bundle.Report
    {
        let bundle = try Bundle()
        for folder in ["rootfs/data", "above", "above/below"] { try bundle.makeDirectory(folder) }
        var configuration = configuration
        configuration.mounts.append(
            #"{"destination":"/data","type":"bind","source":"\#(bundle.path)/above","options":[\#(options)]}"#)
        try bundle.write("config.json", configuration.text(root: bundle.path + "/rootfs"))
        let place = bundle.path + (words.contains("onlybelow") ? "/above/below" : "/above")
        return try Bundle.probe(["enter", "bundle=\(bundle.path)", "locked=\(place)", "options=/data"] + words)
    }

    @Test(arguments: [
        ("\"rbind\",\"rw\"", "rw", "ro"), ("\"bind\",\"ro\",\"dev\"", "dev", "nodev"),
        ("\"bind\",\"ro\",\"suid\"", "suid", "nosuid"),
        ("\"bind\",\"ro\",\"exec\"", "exec", "noexec"), ("\"bind\",\"ro\",\"noatime\"", "noatime", "relatime"),
        ("\"bind\",\"ro\",\"nodiratime\"", "relatime,nodiratime", "relatime"), ("\"rbind\",\"rrw\"", "rrw", "ro"),
    ])
    func whatTheHostHasOtherwiseIsRefusedByItsName(options: String, word: String, host: String) throws {
        let report = try lockedSource(mapped(), options)
        let index = mapped().mounts.count
        let refusal = report.refusal ?? report.text
        #expect(refusal.hasPrefix("mounts[\(index)].options: \"\(word)\" can't be had: "), "\(refusal)")
        #expect(refusal.contains("/above is \(host) on the host"), "\(refusal)")
        // The same container, had it to copy the source itself: the kernel's locks.
        let own = try lockedSource(mapped(), options, "nosources")
        #expect(own.refusal?.hasPrefix("mounts[\(index)].options: ") == true, "\(own.text)")
    }

    @Test func recursiveOptionsAreHeldAgainstWhatIsMountedBelow() throws {
        let report = try lockedSource(mapped(), #""rbind","rrw""#, "onlybelow")
        #expect(report.refusal?.contains("\"rrw\" can't be had: ") == true, "\(report.text)")
        #expect(report.refusal?.contains("/above/below is ro on the host") == true, "\(report.text)")
        // Not bound, so of no concern.
        let single = try lockedSource(mapped(), #""bind","rrw""#, "onlybelow")
        #expect(single.refusal == nil, "\(single.text)")
    }

    @Test(arguments: [#""rbind""#, #""rbind","ro","relatime""#, #""rbind","ro","nosuid","nodev","noexec""#])
    func optionsThatLeaveTheHostsFlagsAreGranted(options: String) throws {
        let report = try lockedSource(mapped(), options)
        #expect(report.answer("options /data")?.hasPrefix("ro,nosuid,nodev,noexec,relatime") == true, "\(report.text)")
    }

    @Test func withoutAUserNamespaceFlagsAreTakenBack() throws {
        let report = try lockedSource(.standard, #""rbind","rw","dev""#)
        #expect(report.answer("options /data")?.hasPrefix("rw,relatime") == true, "\(report.text)")
    }
}

@Suite struct LockedFlagsTests {
    private static let table = """
        20 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
        31 30 0:5 / /srv/a/deep ro,noatime - tmpfs x rw
        30 20 0:4 / /srv/a\\040b/.. rw,relatime - tmpfs x rw
        32 20 0:4 / /srv/a rw,nosuid,nodiratime - tmpfs x ro
        33 32 0:6 / /srv/a/in ro,relatime - tmpfs x rw
        34 33 0:7 / /srv/a/in/more rw,relatime - tmpfs x rw
        35 20 0:8 / /srv/ab rw,relatime - tmpfs x rw
        damaged line
        """

    @Test func mountsBelowAFolderAreFoundByTheirParents() throws {
        let flags = LockedFlags(table: Self.table)
        func below(_ folder: String, of number: UInt64) -> [UInt64] {
            let top = LockedFlags.HostMount(number: number, parent: 0, point: "", attributes: [])
            return flags.inside(folder, of: top).map(\.number).sorted()
        }
        #expect(below("/srv/a", of: 32) == [33, 34])
        #expect(below("/srv/a/in", of: 33) == [34])
        #expect(below("/srv/a/other", of: 32).isEmpty)
        #expect(below("/", of: 20) == [30, 31, 32, 33, 34, 35])
    }

    @Test func onlyOptionsThatClearOrChangeHowTimesAreKeptAreLookedAt() throws {
        for (options, isLookedAt) in [
            (["ro", "nosuid"], false), (["rw"], true), (["rrw"], true), (["relatime"], true), (["symfollow"], false),
            ([], false),
        ] {
            #expect(LockedFlags.couldRefuse(try MountOptions(options, field: "x")) == isLookedAt, "\(options)")
        }
    }
}
