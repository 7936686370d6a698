"""The embedded simulator's secrets: generated at the first start and stored in a file that only its user can read."""

import os
import secrets
from pathlib import Path

from maac_sim.start_faults import StartFault

FILE_NAME = "secrets.env"
KEYS = "MAAC_SIM_ENCRYPTION_KEYS"


def read_secrets(path: Path) -> dict[str, str]:
    """Keys, token and password of the file."""
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError:
        raise StartFault(f"{path} is not text. Restore it from a backup. {_ways_on()}") from None
    known = _parse(text)
    missing = [name for name in fresh_secrets() if not (known.get(name) or os.environ.get(name))]
    if missing:
        raise StartFault(
            f"{path} lacks {', '.join(missing)}. Put it back, such as from a backup, or set it in the environment."
        )
    return known


def fresh_secrets() -> dict[str, str]:
    return {
        "MAAC_SIM_SECRET_KEY": secrets.token_urlsafe(48),
        KEYS: secrets.token_urlsafe(32),
        "MAAC_SIM_API_TOKEN": f"maac_{secrets.token_urlsafe(32)}",
        "MAAC_SIM_ADMIN_PASSWORD": secrets.token_urlsafe(12),
    }


def write_secrets(path: Path, values: dict[str, str]) -> None:
    """Written in one step, so that a crash cannot leave half a file."""
    text = "# Made by maac-sim for this data folder. Keep it with the database.\n"
    text += "".join(f"{name}={value}\n" for name, value in values.items())
    draft = path.with_suffix(".new")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def lost(path: Path) -> StartFault:
    return StartFault(
        f"{path} is gone, but the database beside it holds share secrets that only its {KEYS} can decrypt. "
        f"Restore the file from a backup. {_ways_on()}"
    )


def _ways_on() -> str:
    return (
        f"If it is lost, move it away, set {KEYS} in the environment to the old keys, or to any new long text: "
        "then each endpoint needs a new share secret."
    )


def _parse(text: str) -> dict[str, str]:
    lines = (line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in lines}
