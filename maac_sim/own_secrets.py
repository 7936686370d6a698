"""The embedded simulator's own secrets: made at the first start, kept in a file that only its user can read."""

import os
import secrets
from pathlib import Path

FILE_NAME = "secrets.env"


def read_own_secrets(folder: Path) -> dict[str, str]:
    """Keys, token and password of this data folder; what the file lacks is made and written to it."""
    path = folder / FILE_NAME
    known = _parse(path.read_text()) if path.exists() else {}
    missing = {name: value for name, value in _fresh().items() if name not in known}
    if missing:
        folder.mkdir(parents=True, exist_ok=True)
        _write(path, {**known, **missing})
        known.update(missing)
    return known


def _fresh() -> dict[str, str]:
    return {
        "MAAC_SIM_SECRET_KEY": secrets.token_urlsafe(48),
        "MAAC_SIM_ENCRYPTION_KEYS": secrets.token_urlsafe(32),
        "MAAC_SIM_API_TOKEN": f"maac_{secrets.token_urlsafe(32)}",
        "MAAC_SIM_ADMIN_PASSWORD": secrets.token_urlsafe(12),
    }


def _parse(text: str) -> dict[str, str]:
    lines = (line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in lines}


def _write(path: Path, values: dict[str, str]) -> None:
    """Replace the file in one step, so that a crash cannot leave half of it."""
    text = "# Made by maac-sim for this data folder. Keep it with the database.\n"
    text += "".join(f"{name}={value}\n" for name, value in values.items())
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)
