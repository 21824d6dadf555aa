import ContainerMounts
import OCISpec
import SystemCalls

/// Makes the tree of `bundle=…` again and again while another process exchanges a target with a link to the outside.
struct RaceProbe {
    let words: Words

    init(_ arguments: ArraySlice<String>) { words = Words(arguments) }

    func run() {}
}
