import Glibc

/// The two functions of the C library's mathematics that Swift's own library lacks.
public enum Exponents {
    /// log2(3).
    public static func binaryLogarithm(_ value: Double) -> Double { Glibc.log2(value) }
    /// pow(3).
    public static func power(_ base: Double, _ exponent: Double) -> Double { Glibc.pow(base, exponent) }
}
