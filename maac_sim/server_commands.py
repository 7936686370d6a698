"""The commands that run the simulator. They load the server's part only when they start."""

import os
import shlex
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from maac_sim.start_checks import check_address, check_broker, check_database
from maac_sim.start_faults import StartFault, explained

SETTINGS = "maac_sim.settings"
DEFAULT_PORT = 8622
LOG_LEVELS = "Celery log level: debug, info, warning, error."

Host = Annotated[str, typer.Option(envvar="MAAC_SIM_HOST", help="Address to listen on.")]
Port = Annotated[int, typer.Option(envvar="MAAC_SIM_PORT", help="Port to listen on.", min=1, max=65535)]


@explained()
def run(
    host: Host = "127.0.0.1",
    port: Port = DEFAULT_PORT,
    companion: Annotated[
        int, typer.Option("--end-with", metavar="PID", help="Exit when this process has exited, such as a test run.")
    ] = 0,
    demo: Annotated[
        bool, typer.Option("--demo", help="Begin with demo content: contacts, a campaign, a survey, a receiver.")
    ] = False,
) -> None:
    """Run the embedded simulator: web, worker and scheduler in one process, with SQLite."""
    _load_server()
    from django.conf import settings

    from maac_sim.companion import end_with
    from maac_sim.data_folder import hold_lock
    from maac_sim.embedded import serve
    from maac_sim.setup import prepare

    if not settings.EMBEDDED:
        raise StartFault(
            "DATABASE_URL is set, so the embedded simulator cannot run: start maac-sim web, worker and beat."
        )
    if companion:
        end_with(companion)
    hold_lock(settings.DATA_DIR, holder=f"process {os.getpid()}, {_address(host, port)}")
    check_address(host, port)
    check_broker()
    check_database(needs_tables=False)
    ready = prepare(now=datetime.now(UTC))
    settings.OWN_URL = settings.OWN_URL or _address(host, port)
    if demo:
        from accounts import audit
        from modules.demo import furnish

        furnish(account=ready.account, base=settings.OWN_URL, now=datetime.now(UTC), actor=audit.SYSTEM)
    serve(host=host, port=port, on_ready=lambda: _print_welcome(host, port, ready.password, ready.token))


@explained()
def setup() -> None:
    """Apply migrations; create the demo account, the admin and the API token if they are missing."""
    _load_server()
    from maac_sim.setup import ADMIN_NAME, prepare

    check_database(needs_tables=False)
    ready = prepare(now=datetime.now(UTC))
    typer.echo(f"The database is ready. Account: {ready.account.name}.")
    if ready.password is None:
        typer.echo(f"No {ADMIN_NAME} password was preset: set MAAC_SIM_ADMIN_PASSWORD and run this again.")
    if ready.token is None:
        typer.echo("No API token was preset: set MAAC_SIM_API_TOKEN and run this again.")


@explained()
def web(
    host: Host = "127.0.0.1",
    port: Port = DEFAULT_PORT,
    workers: Annotated[int, typer.Option(envvar="WEB_CONCURRENCY", help="Number of web processes.", min=1)] = 2,
    threads: Annotated[int, typer.Option(help="Threads of each process.", min=1)] = 16,
) -> None:
    """Serve the console and the REST API, with PostgreSQL and Redis (DATABASE_URL, REDIS_URL)."""
    _require_server()
    from maac_sim.web import serve, shared_counters

    with shared_counters():
        _load_server()
        check_address(host, port)
        check_database(needs_tables=True)
        serve(host=host, port=port, workers=workers, threads=threads)


@explained()
def worker(
    name: Annotated[str, typer.Option(help="Celery node name; %h is the host name. Must be unique.")] = "worker@%h",
    loglevel: Annotated[str, typer.Option(help=LOG_LEVELS)] = "warning",
) -> None:
    """Run a Celery worker, which delivers events. Run one per core, on any number of machines."""
    _load_server()
    check_broker()
    check_database(needs_tables=True)
    _exec(
        "celery",
        f"-A maac_sim.celery worker --pool threads --hostname {shlex.quote(name)} "
        f"--loglevel {shlex.quote(loglevel)} --without-gossip --without-mingle --without-heartbeat",
    )


@explained()
def beat(loglevel: Annotated[str, typer.Option(help=LOG_LEVELS)] = "warning") -> None:
    """Run the Celery scheduler, whose periodic sweep finds rows that no message announced. Run exactly one."""
    _load_server()
    check_broker()
    _exec(
        "celery",
        f"-A maac_sim.celery beat --scheduler celery.beat.Scheduler --pidfile= --loglevel {shlex.quote(loglevel)}",
    )


@explained()
def manage(
    arguments: Annotated[list[str], typer.Argument(help="Such as reencrypt, createsuperuser or dumpdata accounts.")],
) -> None:
    """Run one of Django's own commands on the simulator's database."""
    _load_server()
    from django.core.management import execute_from_command_line

    execute_from_command_line(["maac-sim manage", *arguments])


def _require_server() -> None:
    from maac_sim import server_extra

    if lacks := server_extra.missing():
        raise StartFault(
            f"The server is not installed here: {server_extra.INSTALL} (this environment lacks {', '.join(lacks)})."
        )


def _load_server() -> None:
    _require_server()
    # Not the caller's: a Django project's shell names its own settings there.
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
    import django

    from maac_sim import server_path  # noqa: F401 - makes the server's packages importable

    django.setup()


def _exec(module: str, arguments: str) -> NoReturn:
    """Become the other program, so that signals and exit codes are its own."""
    os.execv(sys.executable, [sys.executable, "-P", "-m", module, *shlex.split(arguments)])  # noqa: S606


def _address(host: str, port: int) -> str:
    shown_host = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104
    return f"http://{shown_host}:{port}"


def _print_welcome(host: str, port: int, password: str | None, token: str | None) -> None:
    from django.conf import settings

    from maac_sim import __version__

    address = _address(host, port)
    typer.echo(f"maac-sim {__version__} runs at {address} (stop it with Ctrl+C). Its data: {settings.DATA_DIR}")
    typer.echo(f"  console   {address}/console/  user admin, password {password or 'as you changed it'}")
    typer.echo(f"  REST API  {address}/api/docs/  token {token or 'revoked; make one in the console'}")
    typer.echo("Watch it work, in two more terminals:")
    if (port, settings.DATA_DIR) != (DEFAULT_PORT, Path("data").resolve()):
        typer.echo(f"  export MAAC_SIM_URL={address} MAAC_SIM_DATA={shlex.quote(str(settings.DATA_DIR))}")
    here = os.path.relpath(sys.argv[0])
    program = "maac-sim" if shutil.which("maac-sim") else shlex.quote(sys.argv[0] if here.startswith("..") else here)
    typer.echo(f"  {program} listen   # a receiver that checks what it gets")
    typer.echo(f"  {program} trigger receipt.receipt_validated")
