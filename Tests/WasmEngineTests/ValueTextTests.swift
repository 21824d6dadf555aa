import Testing
import WasmEngine

@Suite struct ValueTextTests {
    @Test(arguments: [
        ("42", ValueType.i32, Value.i32(42)), ("-1", .i32, .i32(-1)), ("+7", .i32, .i32(7)),
        ("2147483647", .i32, .i32(.max)), ("-2147483648", .i32, .i32(.min)), ("4294967295", .i32, .i32(-1)),
        ("0xffffffff", .i32, .i32(-1)), ("0x10", .i64, .i64(16)), ("-0x10", .i64, .i64(-16)),
        ("18446744073709551615", .i64, .i64(-1)), ("-9223372036854775808", .i64, .i64(.min)),
        ("1.5", .f32, .f32(1.5)), ("-2.5e3", .f64, .f64(-2500)), ("inf", .f64, .f64(.infinity)), ("0", .f64, .f64(0)),
    ])
    func aNumberIsRead(_ text: String, _ type: ValueType, _ value: Value) throws {
        #expect(try Value.parse(text, as: type) == value)
    }

    @Test func notANumberIsRead() throws {
        guard case .f64(let number) = try Value.parse("nan", as: .f64) else { return }
        #expect(number.isNaN)
    }

    @Test(arguments: [
        ("", ValueType.i32), (" 1", .i32), ("1 ", .i32), ("--1", .i32), ("-+1", .i32), ("0x", .i32), ("1.0", .i32),
        ("4294967296", .i32), ("-2147483649", .i32), ("18446744073709551616", .i64), ("-9223372036854775809", .i64),
        ("", .f32), (" 1.5", .f64), ("1,5", .f64), ("abc", .f64), ("1", .v128), ("null", .externReference),
    ])
    func whatIsNoNumberIsRefused(_ text: String, _ type: ValueType) {
        #expect(throws: EngineError.self) { try Value.parse(text, as: type) }
    }

    @Test func resultsArePrintedPlainly() {
        let values: [Value] = [
            .i32(-3), .i64(.min), .f32(0.1), .f64(2), .v128(low: 0xff, high: 1), .reference(.extern, isNull: true),
        ]
        #expect(
            values.map(\.description) == [
                "-3", "-9223372036854775808", "0.1", "2.0", "0x000000000000000100000000000000ff", "null",
            ])
    }

    @Test func anExportIsCalledWithText() throws {
        let instance = try Fixtures.instance(
            "(module (func (export \"add\") (param i32 f64) (result f64) (f64.add (f64.convert_i32_s (local.get 0)) (local.get 1))))"
        )
        #expect(try instance.function("add").call(parsing: ["2", "0.5"]) == [.f64(2.5)])
        #expect(throws: EngineError.self) { try instance.function("add").call(parsing: ["2"]) }
        #expect(throws: EngineError.self) { try instance.function("add").call(parsing: ["x", "0.5"]) }
    }
}
