"""`python -m maac_sim` is the `maac-sim` command."""

from maac_sim.cli import main

main()
