"""A whole process that says hello: what it costs to run a wasm image at all."""

import subprocess

from . import places
from .measure import Contender, Failed, Row, run, wall_times

conditions = """whole process by posix_spawn and wait; the image, its compiled module and every page are cached;
with --read-only no writable layer is made over the image; wasmtime runs the same WAT, or compiles it before and runs that with --allow-precompiled"""


def measure(rounds: int, note) -> list[Row]:
    row = Row("hello", "run of a cached hello", "ms")
    hello = places.repository / "oci-samples/hello/hello.wat"
    contenders = [*martlet(hello, note), *wasmtime(hello), Contender("/bin/true", ["/bin/true"])]
    return [wall_times(row, contenders, rounds * 10, note, warm_ups=5)]


def martlet(hello, note) -> list[Contender]:
    if not places.martlet:
        return []
    root = places.empty(places.work / "hello")
    (root / "hello.wat").write_bytes(hello.read_bytes())
    try:
        run(places.martlet_image("build", "--tag", "bench/hello", "--entrypoint", "/hello.wat", root))
    except Failed as failure:
        note(f"martlet skipped: {failure}")
        return []
    return [
        Contender("martlet", places.martlet_run("bench/hello")),
        Contender("martlet --read-only", places.martlet_run("--read-only", "bench/hello")),
    ]


def wasmtime(hello) -> list[Contender]:
    if not places.wasmtime:
        return []
    compiled = places.work / "hello.cwasm"
    subprocess.run([places.wasmtime, "compile", hello, "-o", compiled], check=True)
    return [
        Contender("wasmtime precompiled", [places.wasmtime, "run", "--allow-precompiled", str(compiled)]),
        Contender("wasmtime", [places.wasmtime, "run", str(hello)]),
    ]
