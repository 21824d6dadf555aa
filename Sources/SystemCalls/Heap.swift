import CLinuxShims

/// The C library's heap.
public enum Heap {
    /// From now on nothing of it is given back by brk(2) (M_TRIM_THRESHOLD).
    public static func keepAllOfIt() { martlet_heap_keep() }
}
