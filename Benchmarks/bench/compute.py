"""Three kernels without system calls: the compiler's work."""

from . import places
from .measure import Contender, Row, printed_figures

conditions = """one C source (guests/compute.c) at -O2 as preview-1 module and natively (no -march), measured
inside: the fastest of three; the checksums agree"""

figures = {
    "sha256": "SHA-256 of 48 MiB", "mandelbrot": "Mandelbrot set, 512 × 512", "table": "hash table and quicksort",
}


def measure(rounds: int, note) -> list[Row]:
    module, native = places.build_guest("compute")
    contenders = [Contender("native", [native])]
    if places.wasmtime:
        contenders.append(Contender("wasmtime", [places.wasmtime, "run", module]))
    if places.martlet:
        contenders.append(Contender("martlet", places.martlet_run(module)))
    return printed_figures([Row(name, what, "ms") for name, what in figures.items()], contenders, rounds, note)
