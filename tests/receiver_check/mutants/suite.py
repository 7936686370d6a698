"""All mutants in Python, and the good receivers they were made of."""

from tests.receiver_check.mutants import in_loop, in_threads, in_wsgi
from tests.receiver_check.mutants.planted import Mutant

GOOD_IN_PYTHON = (
    Mutant("good-threads", "", "threads"),
    Mutant("good-wsgi", "", "wsgi"),
    Mutant("good-loop", "", "loop"),
)
IN_PYTHON = (*in_threads.MUTANTS, *in_wsgi.MUTANTS, *in_loop.MUTANTS)
