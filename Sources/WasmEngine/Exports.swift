// The types of values, functions and externs are WasmBinary's: who links a module names them without a second import.
@_exported import WasmBinary
