"""What one preview-1 call costs, measured inside the guest."""

from . import places
from .measure import Contender, Row, printed_figures

conditions = """one C source (guests/calls.c) at -O2 as preview-1 module and natively, measured inside: the best of ten
parts of at least 5 ms; files on tmpfs; a listing is opendir, 100 entries and closedir"""

figures = {
    "stat": "stat", "read-4k": "read of 4 KiB", "read-64k": "read of 64 KiB", "write-4k": "write of 4 KiB",
    "write-64k": "write of 64 KiB", "clock_gettime": "clock_gettime", "list-100": "listing of 100 entries",
}


def measure(rounds: int, note) -> list[Row]:
    module, native = places.build_guest("calls")
    folder = places.empty(places.memory() / "calls")
    # The first one gives the reference that the others are compared with.
    contenders = [Contender("native", [native, str(folder)])]
    if places.wasmtime:
        contenders.append(
            Contender("wasmtime", [places.wasmtime, "run", "--dir", f"{folder}::/bench", module, "/bench"]))
    if places.martlet:
        contenders.append(Contender("martlet", places.martlet_run("-v", f"{folder}:/bench", module, "/bench")))
    return printed_figures([Row(name, what, "ns") for name, what in figures.items()], contenders, rounds, note)
