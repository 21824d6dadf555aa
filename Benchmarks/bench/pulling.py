"""Pulling an image from a registry on this machine."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time

from . import layout, places
from .measure import Contender, Failed, Row, run, wall_times

conditions = """whole process; the image of the unpacking from Debian's docker-registry on 127.0.0.1 without TLS, into an
empty store; skopeo copies into an OCI layout, martlet into its store without unpacking; both check every digest"""


def measure(rounds: int, note) -> list[Row]:
    if not places.docker_registry or not places.skopeo:
        note("skipped: needs docker-registry and skopeo")
        return []
    with registry() as address:
        source = f"oci:{layout.layout()}:bench"
        try:
            run([places.skopeo, "--insecure-policy", "copy", "--dest-tls-verify=false", source,
                 f"docker://{address}/bench/files:latest"])
        except Failed as failure:
            note(f"skipped: {failure}")
            return []
        row = Row("pull", "pulling 200 MB (100 MB compressed)", "ms")
        return [wall_times(row, contenders(address), max(3, rounds // 2), note, 1)]


def contenders(address: str) -> list[Contender]:
    copy, store = places.work / "pulled-skopeo", places.work / "pulled-martlet"
    result = []
    if places.martlet:
        result.append(Contender(
            "martlet",
            places.martlet_image("pull", "--no-unpack", "--plain-http", f"{address}/bench/files:latest", root=store),
            before=lambda: shutil.rmtree(store, ignore_errors=True)))
    result.append(Contender(
        "skopeo", [places.skopeo, "--insecure-policy", "copy", "--src-tls-verify=false",
                   f"docker://{address}/bench/files:latest", f"oci:{copy}:bench"],
        before=lambda: shutil.rmtree(copy, ignore_errors=True)))
    return result


@contextlib.contextmanager
def registry():
    """A docker-registry of its own on a free port, ended afterwards. Gives `127.0.0.1:PORT`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    folder = places.empty(places.work / "registry")
    configuration = folder / "config.yml"
    configuration.write_text(
        f"version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\n"
        f"storage: {{filesystem: {{rootdirectory: {folder}/data}}}}\nhttp: {{addr: {address}}}\n")
    process = subprocess.Popen(
        [places.docker_registry, "serve", configuration], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "OTEL_TRACES_EXPORTER": "none"})
    try:
        wait_until_it_answers(address)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
        for name in ("registry", "pulled-skopeo", "pulled-martlet"):
            shutil.rmtree(places.work / name, ignore_errors=True)


def wait_until_it_answers(address: str) -> None:
    host, port = address.split(":")
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
            return
        time.sleep(0.05)
    raise Failed("docker-registry doesn't answer")
