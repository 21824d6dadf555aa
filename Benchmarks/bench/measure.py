"""Timing of programs: whole processes by posix_spawn and wait, or the figures that a program prints about itself.

Contenders take turns (A B C A B C …), so that whatever else the machine does meets all of them alike, and ratios are
made pair by pair within a round before their median is taken.
"""

import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from typing import Callable, Optional


class Failed(Exception):
    """A command that could not be run to its end with exit code 0."""


@dataclass
class Contender:
    """One way of doing the work: `command` is timed, `before` is run ahead of each time and isn't."""

    name: str
    command: list[str]
    before: Optional[Callable[[], None]] = None


@dataclass
class Row:
    """The samples of one figure, one list for each contender; equal positions were taken in the same round."""

    name: str
    what: str
    unit: str
    samples: dict[str, list[float]] = field(default_factory=dict)

    def median(self, contender: str) -> float:
        return statistics.median(self.samples[contender])

    def ratio(self, contender: str, other: str) -> float:
        """How many times as long `contender` took as `other` did, in the median round."""
        return statistics.median(a / b for a, b in zip(self.samples[contender], self.samples[other]))


def run(command: list[str], output: Optional[str] = None) -> float:
    """Runs a program to its end and returns its wall time in milliseconds.

    Standard input is empty, standard output goes to the file `output` or nowhere. Raises Failed with what it wrote to
    standard error when its exit code isn't 0.
    """
    errors = tempfile.TemporaryFile()
    null = os.open(os.devnull, os.O_RDWR)
    out = null if output is None else os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    actions = [(os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, out, 1), (os.POSIX_SPAWN_DUP2, errors.fileno(), 2)]
    try:
        start = time.monotonic_ns()
        process = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
        _, status = os.waitpid(process, 0)
        elapsed = time.monotonic_ns() - start
    except OSError as error:
        raise Failed(f"{command[0]}: {error.strerror}") from error
    finally:
        os.close(null)
        if out != null:
            os.close(out)
    code = os.waitstatus_to_exitcode(status)
    if code != 0:
        errors.seek(0)
        message = errors.read(400).decode(errors="replace").strip().split("\n")[0]
        raise Failed(f"{' '.join(command)}: exit code {code}: {message}")
    return elapsed / 1e6


def printed(command: list[str]) -> dict[str, list[str]]:
    """Runs a program that prints `NAME WORD…` on each line and returns the words by name."""
    with tempfile.NamedTemporaryFile() as output:
        run(command, output.name)
        lines = output.read().decode().splitlines()
    return {words[0]: words[1:] for words in (line.split() for line in lines) if words}


def take_turns(contenders: list[Contender], rounds: int, warm_ups: int, sample: Callable[[Contender], object],
               note: Callable[[str], None]) -> dict[str, list]:
    """Samples every contender once a round. One that fails is left out of everything, with a note why."""
    samples: dict[str, list] = {contender.name: [] for contender in contenders}
    taking_part = list(contenders)
    for number in range(warm_ups + rounds):
        for contender in list(taking_part):
            try:
                if contender.before:
                    contender.before()
                value = sample(contender)
            except Failed as failure:
                note(f"{contender.name} skipped: {failure}")
                taking_part.remove(contender)
                del samples[contender.name]
                continue
            if number >= warm_ups:
                samples[contender.name].append(value)
        progress(number + 1, warm_ups + rounds)
    return samples


def progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r  round {done} of {total} ", end="" if done < total else "\r\033[K", file=sys.stderr, flush=True)


def wall_times(row: Row, contenders: list[Contender], rounds: int, note: Callable[[str], None],
               warm_ups: int = 2) -> Row:
    """Fills a row with the wall times of whole processes."""
    row.samples = take_turns(contenders, rounds, warm_ups, lambda contender: run(contender.command), note)
    return row


def printed_figures(rows: list[Row], contenders: list[Contender], rounds: int, note: Callable[[str], None],
                    warm_ups: int = 1) -> list[Row]:
    """Fills several rows with the first figure that the programs print under each row's name.

    Further words on a line are a checksum: a contender whose checksums differ from the first one's fails.
    """
    seen: dict[str, list[str]] = {}

    def sample(contender: Contender) -> dict[str, list[str]]:
        figures = printed(contender.command)
        for row in rows:
            if row.name not in figures:
                raise Failed(f"{contender.command[0]} printed no {row.name}")
            if seen.setdefault(row.name, figures[row.name][1:]) != figures[row.name][1:]:
                raise Failed(f"{row.name}: a different result, {figures[row.name][1:]}")
        return figures

    samples = take_turns(contenders, rounds, warm_ups, sample, note)
    for row in rows:
        row.samples = {
            name: [float(figures[row.name][0]) for figures in taken] for name, taken in samples.items()}
    return rows
