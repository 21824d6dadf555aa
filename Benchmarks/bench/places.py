"""Where things stand: the checkout, the programs that are measured, and a folder to work in."""

import atexit
import functools
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Optional

repository = Path(__file__).resolve().parent.parent.parent
work = repository / ".build" / "bench"
guests = repository / "Benchmarks" / "guests"


def program(variable: str, *candidates: object) -> Optional[str]:
    """The program that an environment variable names, or the first candidate that is there."""
    named = os.environ.get(variable)
    for candidate in [named] if named else map(str, candidates):
        found = shutil.which(candidate)
        if found:
            return found
    return None


def copied(path: Optional[str], *beside: str) -> Optional[str]:
    """A copy of a program, and of what stands beside it, made by one write a file.

    How a file came into the page cache decides into what pieces it is cut there, and a start that maps 40 MB of programs takes
    up to a millisecond more or less for it. So all contenders that we install are brought there in the same way.
    """
    if path is None:
        return None
    source = Path(path).resolve()
    folder = work / "copies" / source.name / "bin"
    for name in (source.name, *beside):
        original, copy = source.parent / name, folder / name
        if original.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.unlink(missing_ok=True)
            copy.write_bytes(original.read_bytes())
            copy.chmod(0o755)
    return str(folder / source.name)


martlet = copied(
    program("MARTLET", repository / ".build/release/martlet"),
    *("martlet-runtime", "martlet-prepare", "../lib/martlet/libwasmtime.so"),
)
wasmtime = copied(program("WASMTIME", work / "wasmtime/wasmtime", "wasmtime"))
umoci = program("UMOCI", "umoci")
skopeo = program("SKOPEO", "skopeo")
docker_registry = program("DOCKER_REGISTRY", "docker-registry")
runc = program("RUNC", "runc")
crun = program("CRUN", "crun")

store = work / "store"
state = work / "state"


def martlet_run(*words: object) -> list[str]:
    """`martlet run` with the bench's own store."""
    return [str(martlet), "run", "--rm", "--root", str(store), "--state", str(state), *map(str, words)]


def martlet_image(verb: str, *words: object, root: Path = store) -> list[str]:
    return [str(martlet), "image", verb, "--root", str(root), *map(str, words)]


def crun_wasm() -> Optional[list[str]]:
    """crun with WasmEdge from a newer Debian, unpacked by .ci/peers and started by the loader that came with it."""
    root = work / "crun-wasm"
    loaders, libraries = sorted(root.glob("usr/lib*/ld-linux-*")), sorted(root.glob("usr/lib/*-linux-gnu"))
    if not (root / "usr/bin/crun").exists() or not loaders or not libraries:
        return None
    return [str(loaders[0]), "--library-path", str(libraries[0]), str(root / "usr/bin/crun")]


def clang() -> str:
    """The Swift toolchain's clang, so that the native and the wasm guests come from the same compiler."""
    answer = subprocess.run(["swiftc", "-print-target-info"], check=True, capture_output=True, text=True).stdout
    return str(Path(json.loads(answer)["paths"]["runtimeResourcePath"]).parent.parent / "bin" / "clang")


def build_guest(name: str, static: bool = False) -> tuple[str, str]:
    """Compiles a guest to WebAssembly and natively, both with -O2; returns the two paths."""
    folder = work / "guests"
    folder.mkdir(parents=True, exist_ok=True)
    source, module = guests / f"{name}.c", folder / f"{name}.wasm"
    native = folder / (f"{name}-static" if static else name)
    if not native.exists() or native.stat().st_mtime < source.stat().st_mtime:
        subprocess.run([repository / "oci-samples/compile", source, module, "-O2"], check=True)
        subprocess.run([clang(), "-O2", *(["-static"] if static else []), source, "-o", native], check=True)
    return str(module), str(native)


def empty(folder: Path) -> Path:
    """The folder, with nothing in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@functools.cache
def memory() -> Path:
    """A folder on tmpfs, where a disk doesn't hide what is measured; elsewhere if there is none. Gone at the end."""
    tmpfs = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="martlet-bench-", dir=tmpfs if tmpfs.is_dir() else None))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
