import Testing
import WasmWorkload

@Suite struct QuantitiesTests {
    @Test func sizesArePowersOf1024() {
        #expect(Quantities.bytes("1") == 1)
        #expect(Quantities.bytes("64m") == 64 << 20)
        #expect(Quantities.bytes("2GiB") == 2 << 30)
        #expect(Quantities.bytes("1.5g") == 3 << 29)
    }

    @Test(arguments: ["", "0", "-1", "1.5.1m", ".", "0.1", "m", "1x", "18446744073709551615k", "1 m", "٣m"])
    func otherSizesAreRefused(text: String) { #expect(Quantities.bytes(text) == nil) }

    @Test func timesAreSecondsUnlessTheySayOtherwise() {
        #expect(Quantities.milliseconds("5") == 5000)
        #expect(Quantities.milliseconds("0.5s") == 500)
        #expect(Quantities.milliseconds("250ms") == 250)
        #expect(Quantities.milliseconds("2m") == 120_000)
    }

    @Test(arguments: ["", "0", "-1s", "inf", "nan", "1d", "1e300", "9999999h"])
    func otherTimesAreRefused(text: String) { #expect(Quantities.milliseconds(text) == nil) }

    @Test func processorsCountInThousandths() {
        #expect(Quantities.thousandthsOfProcessors("0.5") == 500)
        #expect(Quantities.thousandthsOfProcessors("2") == 2000)
        #expect(Quantities.thousandthsOfProcessors("0") == nil)
        #expect(Quantities.thousandthsOfProcessors("inf") == nil)
    }
}
