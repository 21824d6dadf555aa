"""The image that unpacking and pulling are measured with: an OCI layout of 20,000 files and 200 MB in four layers."""

import gzip
import hashlib
import io
import json
import random
import tarfile
from pathlib import Path

from . import places

files, file_bytes, layers, folders = 20_000, 10_000, 4, 50


def layout() -> Path:
    """The layout, made on first use: about 10 s. The same bytes on every machine with the same zlib."""
    folder = places.work / "image-20000"
    if (folder / "oci-layout").exists():
        return folder
    places.empty(folder)
    (folder / "blobs/sha256").mkdir(parents=True)
    generator = random.Random(20_000)
    descriptors, chain = [], []
    for number in range(layers):
        archive = layer(number, generator)
        chain.append("sha256:" + hashlib.sha256(archive).hexdigest())
        descriptors.append(blob(folder, gzip.compress(archive, 6, mtime=0), "image.layer.v1.tar+gzip"))
    configuration = {
        "architecture": "wasm", "os": "wasip1", "config": {"Entrypoint": ["/none.wasm"]},
        "rootfs": {"type": "layers", "diff_ids": chain},
    }
    manifest = {
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": blob(folder, json.dumps(configuration).encode(), "image.config.v1+json"), "layers": descriptors,
    }
    entry = blob(folder, json.dumps(manifest).encode(), "image.manifest.v1+json")
    entry["annotations"] = {"org.opencontainers.image.ref.name": "bench"}
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    (folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    return folder


def layer(number: int, generator: random.Random) -> bytes:
    """An archive of equal files, half random and half repeated text, spread over some folders."""
    text = b"A guest never touches the host. " * (file_bytes // 64 + 1)
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for folder in range(folders):
            entry = tarfile.TarInfo(f"layer-{number}/{folder:02d}")
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(entry)
            for index in range(files // layers // folders):
                content = generator.randbytes(file_bytes // 2) + text[:file_bytes - file_bytes // 2]
                entry = tarfile.TarInfo(f"layer-{number}/{folder:02d}/{index:03d}")
                entry.size, entry.mode, entry.mtime = len(content), 0o644, 1_700_000_000
                archive.addfile(entry, io.BytesIO(content))
    return output.getvalue()


def blob(folder: Path, content: bytes, media_type: str) -> dict:
    digest = hashlib.sha256(content).hexdigest()
    (folder / "blobs/sha256" / digest).write_bytes(content)
    return {"mediaType": f"application/vnd.oci.{media_type}", "digest": f"sha256:{digest}", "size": len(content)}
