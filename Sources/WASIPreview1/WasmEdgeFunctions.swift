import HostCapabilities
import SystemCalls
import WasmEngine

/// WasmEdge's socket extension of preview 1: sockets that the guest opens itself, under its network's policy.
///
/// The functions lie in `wasi_snapshot_preview1`. Those that WasmEdge has in two generations are told apart by their type,
/// or by the suffix `_v2`. Errors of all: `badf`, `notsock`, `acces` for what the policy doesn't grant, `inval` for an
/// address of another size than 4, 16 or 128 bytes, and the kernel's own.
enum WasmEdgeFunctions {
    static let table: [Preview1Function] =
        lifecycle + transfer + addresses + options + [
            Preview1Function(
                "sock_getaddrinfo", [ValueType](repeating: .i32, count: 8), isInUnstable: false
            ) { (call, memory, values) throws(Preview1Failure) in
                try WasmEdgeNames.resolve(
                    call.context, memory, node: (values[u32: 0], values[u32: 1]),
                    service: (values[u32: 2], values[u32: 3]), hints: values[u32: 4], result: values[u32: 5],
                    limit: values[u32: 6], count: values[u32: 7])
            }
        ]

    private static func function(
        _ name: String, _ count: Int, _ body: @escaping Preview1Function.Body
    ) -> Preview1Function {
        Preview1Function(name, [ValueType](repeating: .i32, count: count), isInUnstable: false, body)
    }

    /// The same function under both of its names.
    private static func both(
        _ name: String, _ count: Int, _ body: @escaping Preview1Function.Body
    ) -> [Preview1Function] {
        [function(name, count, body), function("\(name)_v2", count, body)]
    }

    private static let lifecycle: [Preview1Function] =
        both("sock_open", 3) { (call, memory, values) throws(Preview1Failure) in
            try WasmEdgeSockets.open(
                call.context, memory, family: values[u32: 0], kind: values[u32: 1], result: values[u32: 2])
        }
        + both("sock_bind", 3) { (call, memory, values) throws(Preview1Failure) in
            try WasmEdgeSockets.bind(
                call.context, memory, values[u32: 0], address: values[u32: 1], port: values[u32: 2])
        }
        + both("sock_connect", 3) { (call, memory, values) throws(Preview1Failure) in
            try WasmEdgeSockets.connect(
                call.context, memory, values[u32: 0], address: values[u32: 1], port: values[u32: 2])
        }
        + both("sock_listen", 2) { (call, _, values) throws(Preview1Failure) in
            try WasmEdgeSockets.listen(call.context, values[u32: 0], backlog: values[i32: 1])
        }
        + [
            // The first generation accepts without flags; the second one is the standard's.
            function("sock_accept", 2) { (call, memory, values) throws(Preview1Failure) in
                try SockFunctions.accept(call.context, memory, values[u32: 0], flags: 0, result: values[u32: 1])
            },
            function("sock_accept_v2", 3) { (call, memory, values) throws(Preview1Failure) in
                try SockFunctions.accept(
                    call.context, memory, values[u32: 0], flags: values[u32: 1], result: values[u32: 2])
            },
        ]

    private static let transfer: [Preview1Function] =
        [
            SockFunctions.receive("sock_recv_v2", isInUnstable: false),
            SockFunctions.send("sock_send_v2", isInUnstable: false),
            function("sock_recv_from", 8, receiveWithPort), function("sock_recv_from_v2", 8, receiveWithPort),
            // The first generation doesn't tell the port.
            function("sock_recv_from", 7) { (call, memory, values) throws(Preview1Failure) in
                try WasmEdgeDatagrams.receive(
                    call.context, memory, values[u32: 0], values[u32: 1], values[u32: 2], address: values[u32: 3],
                    flags: values[u32: 4], port: nil, count: values[u32: 5], resultFlags: values[u32: 6])
            },
        ]
        + both("sock_send_to", 7) { (call, memory, values) throws(Preview1Failure) in
            try WasmEdgeDatagrams.send(
                call.context, memory, values[u32: 0], values[u32: 1], values[u32: 2], address: values[u32: 3],
                port: values[u32: 4], flags: values[u32: 5], result: values[u32: 6])
        }
        + [
            // WasmEdge reports a descriptor once for each change; here it is reported as long as it is ready, which a
            // program that handles each report can't tell apart.
            function("epoll_oneoff", 4) { (call, memory, values) throws(Preview1Failure) in
                try PollFunctions.poll(
                    call, memory, subscriptions: values[u32: 0], events: values[u32: 1], count: values[u32: 2],
                    result: values[u32: 3])
            }
        ]

    private static let receiveWithPort: Preview1Function.Body = { (call, memory, values) throws(Preview1Failure) in
        try WasmEdgeDatagrams.receive(
            call.context, memory, values[u32: 0], values[u32: 1], values[u32: 2], address: values[u32: 3],
            flags: values[u32: 4], port: values[u32: 5], count: values[u32: 6], resultFlags: values[u32: 7])
    }

    private static let addresses: [Preview1Function] = endNames.flatMap { (name, isPeer) in
        let withType: Preview1Function.Body = { (call, memory, values) throws(Preview1Failure) in
            try WasmEdgeSockets.end(
                call.context, memory, values[u32: 0], isPeer: isPeer, address: values[u32: 1], type: values[u32: 2],
                port: values[u32: 3])
        }
        let storage: Preview1Function.Body = { (call, memory, values) throws(Preview1Failure) in
            try WasmEdgeSockets.end(
                call.context, memory, values[u32: 0], isPeer: isPeer, address: values[u32: 1], type: nil,
                port: values[u32: 2])
        }
        return [function(name, 4, withType), function(name, 3, storage), function("\(name)_v2", 3, storage)]
    }

    private static let endNames = [("sock_getlocaladdr", false), ("sock_getpeeraddr", true)]

    private static let options: [Preview1Function] = [
        function("sock_getsockopt", 5) { (call, memory, values) throws(Preview1Failure) in
            try WasmEdgeOptions.get(
                call.context, memory, values[u32: 0], level: values[u32: 1], name: values[u32: 2],
                value: values[u32: 3],
                size: values[u32: 4])
        },
        function("sock_setsockopt", 5) { (call, memory, values) throws(Preview1Failure) in
            try WasmEdgeOptions.set(
                call.context, memory, values[u32: 0], level: values[u32: 1], name: values[u32: 2],
                value: values[u32: 3],
                size: values[u32: 4])
        },
    ]
}
