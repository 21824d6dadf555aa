"""OCI runtimes and the bundles that they run."""

import contextlib
import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator

from . import places
from .measure import Failed, run


@dataclass
class Runtime:
    """A runtime on a bundle: `command` comes before the verb, `making` behind `create` and `run`."""

    name: str
    command: list[str]
    bundle: Path
    making: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        return "bench-" + "".join(letter if letter.isalnum() else "-" for letter in self.name)

    def words(self, verb: str, *words: object, suffix: str = "") -> list[str]:
        return [*self.command, verb, *map(str, words), self.id + suffix]

    def run_words(self) -> list[str]:
        return self.words("run", "--bundle", self.bundle, *self.making)

    def lifecycle(self) -> float:
        """create, start and delete in milliseconds; what the container itself takes until its end isn't counted."""
        pid_file = self.bundle / "pid"
        try:
            elapsed = run(self.words("create", "--bundle", self.bundle, "--pid-file", pid_file, *self.making))
            process = int(pid_file.read_text())
            elapsed += run(self.words("start"))
            wait_for_end(process)
            return elapsed + run(self.words("delete"))
        except Failed:
            self.clear()
            raise

    def clear(self, suffix: str = "") -> None:
        with contextlib.suppress(Failed):
            run(self.words("delete", "--force", suffix=suffix))

    def sleeping_megabytes(self, count: int, seconds: float) -> float:
        """The proportional set size of a container's process, in the mean of several that have slept for so long."""
        pids = []
        try:
            for number in range(count):
                pid_file = self.bundle / "pid"
                run(self.words("create", "--bundle", self.bundle, "--pid-file", pid_file, *self.making, suffix=f"-{number}"))
                pids.append(int(pid_file.read_text()))
                run(self.words("start", suffix=f"-{number}"))
            time.sleep(seconds)
            return sum(map(proportional_set, pids)) / count
        except (OSError, ValueError) as error:
            raise Failed(f"{self.name}: {error}") from error
        finally:
            for number in range(count):
                self.clear(f"-{number}")


def proportional_set(process: int) -> float:
    """In MB."""
    for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise ValueError("no Pss in smaps_rollup")


def wait_for_end(process: int, seconds: float = 10) -> None:
    for _ in range(int(seconds * 2000)):
        try:
            if Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] in "ZX":
                return
        except OSError:
            return
        time.sleep(0.0005)
    raise Failed(f"the process {process} doesn't end")


def make_bundle(folder: Path, program: str, handler: bool = False) -> Path:
    """runc's own default configuration with this program in place of the shell, and no terminal."""
    places.empty(folder)
    for name in ("proc", "dev", "sys"):
        (folder / "rootfs" / name).mkdir(parents=True)
    target = folder / "rootfs" / Path(program).name
    target.write_bytes(Path(program).read_bytes())
    target.chmod(0o755)
    subprocess.run([places.runc or places.martlet, "spec"], cwd=folder, check=True)
    configuration = json.loads((folder / "config.json").read_text())
    configuration["process"]["terminal"] = False
    configuration["process"]["args"] = [f"/{target.name}"]
    if handler:
        configuration["annotations"] = {"run.oci.handler": "wasm"}
    (folder / "config.json").write_text(json.dumps(configuration, indent=1))
    return folder


@contextlib.contextmanager
def zygote(socket: Path) -> Iterator[bool]:
    """A zygote that serves while the body runs; false when it doesn't come up."""
    socket.unlink(missing_ok=True)
    server = subprocess.Popen(
        [str(places.martlet), "zygote", "--socket", str(socket)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    try:
        for _ in range(400):
            if socket.exists() or server.poll() is not None:
                break
            time.sleep(0.005)
        yield socket.exists() and server.poll() is None
    finally:
        if server.poll() is None:
            os.kill(server.pid, signal.SIGTERM)
            try:
                server.wait(5)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
