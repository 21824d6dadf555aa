"""What was measured, as a table for people and as JSON."""

import datetime
import json
import os
import platform
import subprocess
from pathlib import Path
from typing import Optional

from . import places
from .measure import Row


def machine() -> dict:
    """The conditions that hold for every row."""
    processor = next(
        (line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
         if line.startswith("model name")), platform.machine())
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "processor": processor, "cores": os.cpu_count(), "kernel": platform.release(), "load": os.getloadavg()[0],
        "commit": first_line("git", "-C", places.repository, "rev-parse", "--short", "HEAD"),
        "wasmtime": places.wasmtime and first_line(places.wasmtime, "--version"),
        "umoci": places.umoci and first_line(places.umoci, "--version"),
        "skopeo": places.skopeo and first_line(places.skopeo, "--version"),
        "runc": places.runc and first_line(places.runc, "--version"),
        "crun": places.crun and first_line(places.crun, "--version"),
        "crun-wasm": (command := places.crun_wasm()) and f"{first_line(*command, '--version')} with WasmEdge",
    }


def first_line(*command: object) -> Optional[str]:
    answer = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    lines = answer.stdout.splitlines()
    return lines[0].strip() if lines else None


def budgets() -> dict:
    return json.loads((places.repository / "Benchmarks/budgets.json").read_text())


def verdict(row: Row, budget: Optional[dict]) -> tuple[str, str]:
    """The budget in words and `pass`, `short` or nothing when it can't be told."""
    if budget is None:
        return "", ""
    other = budget.get("times")
    if other is None:
        words, reached = f"{budget['at most']:g} {row.unit}", "martlet" in row.samples and row.median("martlet")
    else:
        words = f"{budget['at most']:g} × {other}"
        reached = {"martlet", other} <= row.samples.keys() and row.ratio("martlet", other)
    if reached is False:
        return words, ""
    return words, "pass" if reached <= budget["at most"] else "short"


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def cells(row: Row, budget: Optional[dict]) -> list[str]:
    beside = []
    for name in row.samples:
        if name == "martlet":
            continue
        text = f"{name} {number(row.median(name))}"
        if "martlet" in row.samples:
            text += f" (×{row.ratio('martlet', name):.2f})"
        beside.append(text)
    martlet = number(row.median("martlet")) if "martlet" in row.samples else "–"
    return [row.what, row.unit, martlet, ", ".join(beside), *verdict(row, budget)]


def table(rows: list[Row]) -> str:
    """A Markdown table. `×` is how many times as long martlet takes, in the median of pairs."""
    limits = budgets()
    lines = [["measured", "unit", "martlet", "beside", "budget", ""]]
    lines += [cells(row, limits.get(row.name)) for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines)


def document(rows: list[Row], notes: list[str], conditions: dict[str, str]) -> dict:
    limits = budgets()
    return {
        "machine": machine(),
        "conditions": conditions,
        "notes": notes,
        "rows": [
            {
                "name": row.name, "what": row.what, "unit": row.unit,
                "budget": limits.get(row.name), "verdict": verdict(row, limits.get(row.name))[1] or None,
                "medians": {name: row.median(name) for name in row.samples},
                "ratios": {name: row.ratio("martlet", name) for name in row.samples
                           if "martlet" in row.samples and name != "martlet"},
                "samples": row.samples,
            }
            for row in rows
        ],
    }
