"""A bundle run by OCI runtimes: from the command to its end, step by step, and what it occupies while it sleeps."""

import os
import statistics
import subprocess
import tempfile

from . import mounts, places
from .measure import Contender, Failed, Row, take_turns, run
from .runtimes import Runtime, make_bundle, zygote

conditions = """whole processes by posix_spawn and wait; the bundle has runc's default specification without a terminal
(namespaces for processes, network, IPC, names and mounts, 7 mounts, a control group); martlet and crun-wasm run a hello in
WebAssembly with its compiled module cached (crun-wasm compiles at each start), the others a static program that does
nothing; create+start+delete leaves out how long the container runs; version 1 of control groups, since crun refuses a hybrid
tree; memory is the proportional set of a container's process while ten sleep, three seconds after the last one began to"""

sleepers, asleep = 10, 3


def measure(rounds: int, note) -> list[Row]:
    if os.geteuid() != 0:
        note("left out: only root can make these containers")
        return []
    mounts.enter()
    hello, sleeper = guests("hello", "true"), guests("sleeper", "sleeper")
    with zygote(places.memory() / "zygote.sock") as socket:
        if places.martlet and not socket:
            note("martlet zygote skipped: it doesn't come up")
        rows = [
            *split(timed("bundle-run", "run of a bundle", runtimes(hello, socket), rounds * 3,
                         lambda runtime: run(runtime.run_words()), note)),
            *split(timed("bundle-steps", "create + start + delete", runtimes(hello, socket), rounds * 3,
                         Runtime.lifecycle, note)),
            *split(timed("sleeping", "memory of a sleeping container", runtimes(sleeper, socket), 3,
                         lambda runtime: runtime.sleeping_megabytes(sleepers, asleep), note, unit="MB")),
        ]
    return rows + phases(hello, rounds * 3, note)


def guests(wasm: str, native: str) -> dict:
    """The bundles of one wasm guest and of one native program."""
    folder = places.work / "bundles"
    return {
        "wasm": make_bundle(folder / f"{wasm}-wasm", places.build_guest(wasm, static=True)[0], handler=True),
        "native": make_bundle(folder / f"{native}-native", places.build_guest(native, static=True)[1]),
    }


def runtimes(bundles: dict, zygote_runs: bool) -> list[Runtime]:
    roots = places.memory()
    found = []
    if places.martlet:
        command = [places.martlet, "--root", str(roots / "martlet"), "--image-store", str(places.store)]
        socket = str(roots / "zygote.sock")
        found.append(Runtime("martlet", command, bundles["wasm"], ["--zygote", "none"]))
        if zygote_runs:
            found.append(Runtime("martlet zygote", command, bundles["wasm"], ["--zygote", socket]))
        found.append(Runtime("martlet native", command, bundles["native"], ["--zygote", "none"]))
    if places.crun:
        found.append(Runtime("crun native", [places.crun, "--root", str(roots / "crun")], bundles["native"]))
    if crun_wasm := places.crun_wasm():
        found.append(Runtime("crun-wasm", [*crun_wasm, "--root", str(roots / "crun-wasm")], bundles["wasm"]))
    if places.runc:
        found.append(Runtime("runc native", [places.runc, "--root", str(roots / "runc")], bundles["native"]))
    return found


def timed(name, what, contenders, rounds, sample, note, unit="ms") -> Row:
    by_name = {runtime.name: runtime for runtime in contenders}
    for runtime in contenders:
        runtime.clear()
    row = Row(name, what, unit)
    row.samples = take_turns(
        [Contender(runtime.name, []) for runtime in contenders], rounds, 1 if unit == "MB" else 2,
        lambda contender: sample(by_name[contender.name]), note)
    return row


def split(row: Row) -> list[Row]:
    """The zygote has a budget of its own, so that it gets a row where it stands in martlet's place."""
    if "martlet zygote" not in row.samples:
        return [row]
    others = {name: row.samples[name] for name in row.samples if name not in ("martlet", "martlet zygote", "martlet native")}
    served = Row(f"{row.name}-zygote", f"{row.what}, by the zygote", row.unit)
    served.samples = {"martlet": row.samples.pop("martlet zygote"), **others}
    return [row, served]


def phases(bundles: dict, rounds: int, note) -> list[Row]:
    """What martlet's own steps take, as it tells with --trace-phases: the median of each."""
    if not places.martlet:
        return []
    runtime = next(runtime for runtime in runtimes(bundles, False) if runtime.name == "martlet")
    command = [runtime.command[0], "--trace-phases", *runtime.run_words()[1:]]
    taken: dict[str, list[float]] = {}
    for _ in range(rounds):
        with tempfile.TemporaryFile() as told:
            answer = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=told, check=False)
            told.seek(0)
            lines = [line.split(None, 2) for line in told.read().decode(errors="replace").splitlines()]
        if answer.returncode != 0:
            note(f"phases left out: exit code {answer.returncode}")
            return []
        for line in lines:
            if len(line) == 3 and line[0].isdigit() and line[1].isdigit():
                taken.setdefault(line[2].strip(), []).append(int(line[1]))
    rows = []
    for name, microseconds in taken.items():
        if statistics.median(microseconds) > 0:
            row = Row(f"phase {name}", f"  of which {name}", "µs")
            row.samples = {"martlet": [float(value) for value in microseconds]}
            rows.append(row)
    return rows
