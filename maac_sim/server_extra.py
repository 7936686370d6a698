"""Whether this environment has what only the server needs: the dependencies of `maac-sim[server]`."""

from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement

EXTRA = "server"
INSTALL = "pip install 'maac-sim[server]'"


def missing() -> list[str]:
    """The dependencies that are not installed here, or in another version; empty if the server can start."""
    try:
        declared = [Requirement(line) for line in requires("maac-sim") or ()]
    except PackageNotFoundError:
        return []  # Run from its folder without an install: imports will show.
    of_server = [one for one in declared if one.marker and one.marker.evaluate({"extra": EXTRA})]
    return [str(one).partition(";")[0].strip() for one in of_server if not _is_met(one)]


def _is_met(requirement: Requirement) -> bool:
    try:
        return requirement.specifier.contains(version(requirement.name), prereleases=True)
    except PackageNotFoundError:
        return False
