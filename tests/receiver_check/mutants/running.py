"""Starts the receivers of the suite: those in Python in one process, those in Node, Go and Perl in one each."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from receiver_check.effects import Effects, from_file
from tests.processes import environment
from tests.receiver_check.mutants.elsewhere import GO, IN_GO, IN_NODE, LETHAL_IN_NODE, NODE
from tests.receiver_check.mutants.planted import PROGRAMS, ROOT, Mutant
from tests.receiver_check.mutants.suite import GOOD_IN_PYTHON, IN_PYTHON

PROGRAMS_NEEDED = ("node", "go", "perl")
SECRET, PREVIOUS = "s3cret", "the secret before"
PERL = "receiver.pl"
GOOD = (
    *GOOD_IN_PYTHON,
    *(Mutant(name, "", program) for program in (NODE, GO) for name in ("good", "good-hex")),
    Mutant("good", "", PERL),
)
MUTANTS = (*IN_PYTHON, *IN_NODE, *LETHAL_IN_NODE, *IN_GO)


@dataclass(frozen=True)
class Receiver:
    """A receiver that runs, and how its works are counted."""

    mutant: Mutant
    url: str
    effects: Effects


@contextmanager
def running(folder: Path) -> Iterator[dict[Mutant, Receiver]]:
    """All receivers of the suite, good and wrong."""
    with ExitStack() as stack:
        found = {each.mutant: each for each in stack.enter_context(_in_python(folder / "python"))}
        for program, command in _commands(folder).items():
            mutants = [each for each in (*GOOD, *MUTANTS) if each.program == program]
            for each in stack.enter_context(_by_path(folder / program, command, mutants)):
                found[each.mutant] = each
        yield found


def _commands(folder: Path) -> dict[str, list[str]]:
    """By program, or by program and lethal bug, the command that starts it."""
    binary = folder / "go-receiver"
    env = environment(GOCACHE=folder / "go-cache", GOFLAGS="-mod=mod")
    subprocess.run(["go", "build", "-o", str(binary), str(PROGRAMS / GO)], env=env, check=True)
    node = ["node", str(PROGRAMS / NODE)]
    lethal = {each.program: [*node, each.name] for each in LETHAL_IN_NODE}
    return {NODE: node, GO: [str(binary)], PERL: ["perl", str(PROGRAMS / PERL)]} | lethal


@contextmanager
def _in_python(folder: Path) -> Iterator[list[Receiver]]:
    folder.mkdir(parents=True)
    command = [sys.executable, "-m", "tests.receiver_check.mutants.serve", str(folder), SECRET]
    with _process(command, folder) as process:
        assert process.stdout
        ports = dict(process.stdout.readline().split() for _ in (*GOOD_IN_PYTHON, *IN_PYTHON))
        yield [
            Receiver(each, f"http://127.0.0.1:{ports[each.name]}/webhook", from_file(folder / f"{each.name}.log"))
            for each in (*GOOD_IN_PYTHON, *IN_PYTHON)
        ]


@contextmanager
def _by_path(folder: Path, command: Sequence[str], mutants: Sequence[Mutant]) -> Iterator[list[Receiver]]:
    folder.mkdir(parents=True)
    for each in mutants:
        (folder / f"{each.name}.log").touch()
    program, source, *lethal = (*command, "") if len(command) == 1 else command
    words = [program, *filter(None, [source]), str(folder)]
    with _process(words, folder, LETHAL="".join(lethal)) as process:
        assert process.stdout
        port = process.stdout.readline().strip()
        yield [
            Receiver(each, f"http://127.0.0.1:{port}/{each.name}", from_file(folder / f"{each.name}.log"))
            for each in mutants
        ]


@contextmanager
def _process(command: Sequence[str], folder: Path, **variables: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that ends with its standard input."""
    env = environment(SHARE_SECRET=SECRET, **variables)
    with (folder / "errors.log").open("w") as errors:
        process = subprocess.Popen(
            command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        try:
            yield process
        finally:
            process.communicate()
