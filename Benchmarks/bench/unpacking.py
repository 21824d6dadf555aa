"""Unpacking an image with many files."""

import shutil

from . import layout, places
from .measure import Contender, Failed, Row, run, wall_times

conditions = """whole process; an OCI layout of 200 MB and 20,000 files in four gzip layers, in the page cache, to a new
folder on tmpfs; umoci raw unpack reads the layout, martlet image unpack its store, where the image was imported before; both
check the uncompressed layers against their digests"""


def measure(rounds: int, note) -> list[Row]:
    image = layout.layout()
    contenders = []
    if places.martlet:
        contenders += martlet(image, note)
    if places.umoci:
        target = places.memory() / "umoci"
        contenders.append(Contender(
            "umoci", [places.umoci, "raw", "unpack", "--image", f"{image}:bench", str(target)],
            before=lambda: shutil.rmtree(target, ignore_errors=True)))
    return [wall_times(Row("unpack", "unpacking 20,000 files", "ms"), contenders, max(3, rounds // 2), note, 1)]


def martlet(image, note) -> list[Contender]:
    store = places.memory() / "store"
    try:
        run(places.martlet_image("import", "--no-unpack", "--name", "bench/files", image, root=store))
    except Failed as failure:
        note(f"martlet skipped: {failure}")
        return []

    def forget() -> None:
        for root in (store / "roots").glob("*"):
            shutil.rmtree(root, ignore_errors=True)

    return [Contender("martlet", places.martlet_image("unpack", "bench/files", root=store), before=forget)]
