"""Unpacking an image with many files."""

import shutil

from . import layout, places
from .measure import Contender, Failed, Row, run, wall_times

conditions = """whole process; an OCI layout of 200 MB and 20,000 files in four gzip layers, in the page cache, to a folder on
disk that doesn't exist yet, without fsync; martlet imports it into its store before"""


def measure(rounds: int, note) -> list[Row]:
    image = layout.layout()
    contenders = []
    if places.martlet:
        contenders += martlet(image, note)
    if places.umoci:
        bundle = places.work / "unpacked-umoci"
        contenders.append(Contender(
            "umoci", [places.umoci, "unpack", "--image", f"{image}:bench", str(bundle)],
            before=lambda: shutil.rmtree(bundle, ignore_errors=True)))
    rows = [wall_times(Row("unpack", "unpacking 20,000 files", "ms"), contenders, max(3, rounds // 2), note, 1)]
    for name in ("unpacked-umoci", "unpacked-martlet"):
        shutil.rmtree(places.work / name, ignore_errors=True)
    return rows


def martlet(image, note) -> list[Contender]:
    target = places.work / "unpacked-martlet"
    try:
        run(places.martlet_image("import", "--tag", "bench/files", image))
    except Failed as failure:
        note(f"martlet skipped: {failure}")
        return []
    return [Contender(
        "martlet", places.martlet_image("unpack", "bench/files", target),
        before=lambda: shutil.rmtree(target, ignore_errors=True))]
