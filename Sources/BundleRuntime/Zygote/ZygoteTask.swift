/// What a zygote can do for a client: told by those who know the words of commands.
public struct ZygoteTask {
    /// A container that goes on when the process that made it ends.
    public struct Outliving {
        let root: String?
        let id: String

        public init(root: String?, id: String) {
            self.root = root
            self.id = id
        }
    }

    let outliving: Outliving?
    let perform: (_ begin: @escaping @Sendable () -> Void) -> Int32

    /// Makes a task of a command's words; nil for what the client has to do itself.
    public typealias Reader = @Sendable (_ words: [String]) -> ZygoteTask?

    /// - Parameter perform: does what the command does and returns its exit status. It calls `begin`, which doesn't return
    ///   when the client has gone, before it makes or says anything.
    public init(
        outliving: Outliving?, perform: @escaping (_ begin: @escaping @Sendable () -> Void) -> Int32
    ) {
        self.outliving = outliving
        self.perform = perform
    }
}
