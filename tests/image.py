"""Builds the Dockerfile and runs its image without a Docker engine, by debootstrap and buildah. It needs root.

The base is a small Debian with Debian's Python, which stands for the one that the Dockerfile names after FROM. The
images live in a folder of their own, which is removed with everything that is mounted in it.
"""

from __future__ import annotations

import ast
import contextlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.compose import DOCKERFILE
from tests.processes import ROOT, Process, environment, start
from tests.servers import Missing

NAME = "maac-sim"
ISOLATION = ("--isolation", "chroot", "--network", "host")
STORAGE = Path("/var/tmp")
BUILD_TIMEOUT = 600
PIP_CONFIGURATION = "/etc/pip.conf"


@dataclass(frozen=True)
class Image:
    """The built image. `config` is the part of its OCI configuration that says what runs and how."""

    buildah: Buildah
    config: Mapping[str, Any]

    @property
    def command(self) -> list[str]:
        return [*self.config["Entrypoint"], *self.config["Cmd"]]

    @contextlib.contextmanager
    def mounted(self) -> Iterator[Path]:
        """The root of its files on this machine."""
        container = self.container()
        yield Path(self.buildah("mount", container))
        self.buildah("rm", container)

    def container(self) -> str:
        """A new container, which `run` and `start` run a command in."""
        return self.buildah("from", "--pull-never", NAME)

    def run(self, container: str, command: list[str]) -> str:
        """What the command printed; RuntimeError if it fails."""
        return self.buildah("run", *ISOLATION, container, "--", *command)

    def start(self, command: list[str], settings: Mapping[str, str], log: Path) -> Process:
        """Start the command in a container of its own, as the image's user and without capabilities."""
        given = [part for name, value in settings.items() for part in ("--env", f"{name}={value}")]
        run = ["run", *ISOLATION, "--cap-drop", "all", *given, self.container(), "--", *command]
        return start([*self.buildah.command, *run], self.buildah.environment, log)


class Buildah:
    """buildah with its images, containers and temporary files in this folder. A call returns what it printed."""

    def __init__(self, folder: Path) -> None:
        self.environment = environment(TMPDIR=folder)
        self.command = ["buildah", "--root", str(folder / "images"), "--runroot", str(folder / "run")]
        # Inside a container there is often no overlay; vfs copies instead.
        with_overlay = [*self.command, "--storage-driver", "overlay"]
        has_overlay = subprocess.run([*with_overlay, "info"], capture_output=True, env=self.environment).returncode == 0
        self.command += ["--storage-driver", "overlay" if has_overlay else "vfs"]

    def __call__(self, *arguments: str, timeout: float = 120) -> str:
        return run([*self.command, *arguments], self.environment, timeout)


@contextlib.contextmanager
def built_image() -> Iterator[Image]:
    """The image of the Dockerfile, built anew. Raises Missing if this machine cannot build it."""
    check_requirements()
    with removed_afterwards() as folder:
        buildah = Buildah(folder)
        try:
            make_base(buildah)
            build(buildah, folder)
            yield Image(buildah, json.loads(buildah("inspect", "--type", "image", NAME))["Docker"]["config"])
        finally:
            buildah("rm", "--all")


def check_requirements() -> None:
    for program in ("buildah", "debootstrap"):
        if shutil.which(program) is None:
            raise Missing(f"{program} is not installed: the Debian package is {program}")
    if os.geteuid() != 0:
        raise Missing("building the image needs root")


@contextlib.contextmanager
def removed_afterwards() -> Iterator[Path]:
    """A new folder. What is mounted in it, by containers that were killed as well, goes before the files do."""
    folder = Path(tempfile.mkdtemp(prefix="maac-sim-image-", dir=STORAGE))
    try:
        yield folder
    finally:
        mounted = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
        for path in reversed([path for path in mounted if Path(path).is_relative_to(folder)]):
            subprocess.run(["umount", "--lazy", path], check=True)
        shutil.rmtree(folder)


def make_base(buildah: Buildah) -> None:
    """Commit a Debian with `python` under the name that the Dockerfile's stages begin from."""
    (name,) = set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE))
    release = platform.freedesktop_os_release()["VERSION_CODENAME"]
    container = buildah("from", "scratch")
    root = Path(buildah("mount", container))
    command = ["debootstrap", "--variant=minbase", "--include=python3-venv", release, str(root), *mirror(release)]
    run(command, environment(), BUILD_TIMEOUT)
    (root / "usr/local/bin/python").symlink_to("../../bin/python3")
    for package in (root / "var/cache/apt/archives").glob("*.deb"):
        package.unlink()
    buildah("config", "--env", "PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", container)
    buildah("commit", "--rm", container, f"docker.io/library/{name}")


def mirror(release: str) -> list[str]:
    """Where apt gets this release from; empty if it does not say, and then debootstrap knows."""
    targets = ["apt-get", "indextargets", "--format", "$(CODENAME) $(COMPONENT) $(REPO_URI)", "Identifier: Packages"]
    lines = [line.split() for line in run(targets, environment(), 60).splitlines()]
    return [place for codename, component, place in lines if (codename, component) == (release, "main")][:1]


def build(buildah: Buildah, folder: Path) -> None:
    """Build the Dockerfile. pip is configured in it as it is here."""
    written, paths = pip_configuration()
    (folder / "pip.conf").write_text(written)
    volumes = [f"{folder / 'pip.conf'}:{PIP_CONFIGURATION}:ro", *(f"{path}:{path}:ro" for path in paths)]
    given = [part for volume in volumes for part in ("--volume", volume)]
    # Docker's format has a place for HEALTHCHECK, OCI's has none.
    options = ["--format", "docker", "--pull-never", "--tag", NAME, *given]
    buildah("build", *ISOLATION, *options, str(ROOT), timeout=BUILD_TIMEOUT)


def pip_configuration() -> tuple[str, set[str]]:
    """This machine's configuration of pip as a file, and the files and folders of this machine that it names."""
    sections: dict[str, dict[str, str]] = {}
    listed = run([sys.executable, "-m", "pip", "config", "list"], environment(), 60)
    # The environment, whose lines begin with ":env:", overrides the files.
    for line in sorted(listed.splitlines(), reverse=True):
        name, _, value = line.partition("=")
        section, _, key = name.rpartition(".")
        sections.setdefault(section.replace(":env:", "global"), {})[key] = ast.literal_eval(value)
    lines = [
        line
        for section, values in sections.items()
        for line in (f"[{section}]", *(f"{key} = {' '.join(value.split())}" for key, value in values.items()))
    ]
    words = {word for values in sections.values() for value in values.values() for word in value.split()}
    return "\n".join([*lines, ""]), {word for word in words if word.startswith("/") and Path(word).exists()}


def run(command: list[str], env: Mapping[str, str], timeout: float) -> str:
    """What a command printed; RuntimeError with its output if it fails."""
    done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout[-6000:]}{done.stderr[-6000:]}")
    return done.stdout.strip()
