"""A long backlog: whether the workers' resident memory stays flat."""

from pathlib import Path
from statistics import median

from bench import stack
from bench.figures import Figures, ratio
from bench.options import Options
from bench.receivers import fast_receiver
from bench.scenarios import backlog

DELIVERIES = 300_000


def run(options: Options, folder: Path) -> Figures:
    with fast_receiver(folder, options.receiver) as receiver, stack.scaled(folder) as running:
        figures, mine = backlog.measure(options, running, receiver, DELIVERIES)
        samples = mine.memory.get("worker", [])
        quarter = len(samples) // 4
        if quarter:
            early, late = median(samples[quarter : 2 * quarter]), median(samples[-quarter:])
            figures.more["worker_memory_mb"] = {"second_quarter": round(early, 1), "last_quarter": round(late, 1)}
            figures.more["memory_growth"] = ratio(late, early)
        figures.more["worker_memory_mb_each_second"] = [round(sample, 1) for sample in samples]
        return figures
