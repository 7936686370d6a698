"""Runs pytest against a database: `python -m tests sqlite ...`, `python -m tests postgresql ...`."""

import os
import signal
import subprocess
import sys
import tempfile

from tests.servers import Missing, start_postgres


def main(database: str, arguments: list[str]) -> int:
    # A shell that starts something in the background has it ignore Ctrl+C, and so would all that the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="maac-sim-tests-") as folder:
        environment = {
            **os.environ,
            "MAAC_SIM_DATA": folder,
            "MAAC_SIM_LOG_LEVEL": "ERROR",
            "WEBHOOK_ALLOW_PRIVATE_NETWORKS": "true",
        }
        # Without its bytecode, every simulator that a test starts would compile all of its source anew.
        for name in ("DATABASE_URL", "REDIS_URL", "PYTHONDONTWRITEBYTECODE"):
            environment.pop(name, None)
        if database == "sqlite":
            return run(arguments, environment)
        try:
            with start_postgres() as server:
                secrets = {"MAAC_SIM_SECRET_KEY": "for tests only", "MAAC_SIM_ENCRYPTION_KEYS": "for tests only"}
                return run(arguments, {**environment, **secrets, "DATABASE_URL": server.url})
        except Missing as missing:
            print(f"Skipped: {missing}", file=sys.stderr)
            return 1 if os.environ.get("CI") == "true" else 0


def run(arguments: list[str], environment: dict[str, str]) -> int:
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
