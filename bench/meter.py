"""Processor time and resident memory of running processes and their children, from /proc."""

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_MB = 1024 * 1024
_PARENT, _UTIME, _CHILDREN_STIME = 1, 11, 14
"""Places in a stat line, from the third field on. Between the last two are stime and the children's utime."""

Parts = Mapping[str, Iterable[int]]
"""Root processes by part, such as worker or postgres."""


def cpu_seconds(parts: Parts) -> dict[str, float]:
    """Spent so far by each part: its processes and their children, those that have ended included."""
    families = _families(parts)
    return {part: sum(map(_seconds, pids)) for part, pids in families.items()}


def memory_mb(parts: Parts) -> dict[str, float]:
    """Resident memory of the largest process of each part, in MiB."""
    families = _families(parts)
    return {part: max(map(_resident, pids), default=0.0) for part, pids in families.items()}


def spent(before: Mapping[str, float], after: Mapping[str, float], count: int) -> dict[str, float]:
    """Microseconds a piece of work, by part."""
    return {part: round((after[part] - before.get(part, 0.0)) / count * 1e6, 1) for part in after} if count else {}


def _families(parts: Parts) -> dict[str, list[int]]:
    """The processes of each part with all their descendants."""
    children = _children()
    families = {}
    for part, roots in parts.items():
        family = list(roots)
        for member in family:
            family += children.get(member, [])
        families[part] = family
    return families


def _children() -> dict[int, list[int]]:
    children = defaultdict(list)
    for folder in Path("/proc").glob("[0-9]*"):
        if fields := _stat(int(folder.name)):
            children[int(fields[_PARENT])].append(int(folder.name))
    return children


def _seconds(pid: int) -> float:
    fields = _stat(pid)
    return sum(map(int, fields[_UTIME : _CHILDREN_STIME + 1])) / _TICKS if fields else 0.0


def _resident(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE / _MB
    except OSError:
        return 0.0


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third on: the name before them may hold spaces."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
