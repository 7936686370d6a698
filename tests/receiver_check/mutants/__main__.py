"""Writes the page of the docs: python -m tests.receiver_check.mutants"""

import tempfile
from pathlib import Path

from tests.receiver_check.mutants.goods import GOOD_ELSEWHERE
from tests.receiver_check.mutants.measure import measured
from tests.receiver_check.mutants.page import PAGE, page
from tests.receiver_check.mutants.running import GOOD, MUTANTS, running


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as receivers:
        outcomes = measured(receivers[each] for each in MUTANTS)
    PAGE.write_text(page(outcomes, len(GOOD) + len(GOOD_ELSEWHERE)))


if __name__ == "__main__":
    main()
