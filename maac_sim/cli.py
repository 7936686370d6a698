"""The `maac-sim` command."""

import os
import shlex
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from maac_sim.commands import check, endpoint, explain, faults
from maac_sim.commands.connection import Unsuccessful
from maac_sim.commands.deliveries import deliveries, delivery, redeliver
from maac_sim.commands.doctor import doctor
from maac_sim.commands.listen import listen
from maac_sim.commands.outage import outage
from maac_sim.commands.play import play
from maac_sim.commands.record import record
from maac_sim.commands.replay import diff, replay
from maac_sim.commands.signing import sign, verify
from maac_sim.commands.trigger import trigger
from maac_sim.start_checks import check_address, check_broker, check_database
from maac_sim.start_faults import StartFault, explained

app = typer.Typer(
    help="A simulated MAAC: signs and delivers webhook events exactly as MAAC does.",
    epilog="Exit codes: 0 success, 1 failed or refused, 2 invalid usage or start-up error, 3 no simulator answered.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


DEFAULT_PORT = 8622

# The commands of USE and RECEIVE need neither a database nor Django.
USE = "Use a running simulator"
RECEIVE = "Work on a receiver"
SERVE = "Run a simulator"
app.add_typer(endpoint.app, name="endpoint", rich_help_panel=USE)
app.add_typer(faults.app, name="faults", rich_help_panel=USE)
for command, panel, example in (
    (trigger, USE, "maac-sim trigger receipt.receipt_validated --set data.items.0.amount=5 --wait"),
    (play, USE, "maac-sim play campaign-day --rate 50 --seed 7"),
    (deliveries, USE, "maac-sim deliveries --status failed --follow"),
    (delivery, USE, "maac-sim delivery 12"),
    (redeliver, USE, "maac-sim redeliver --failed --since 24h --dry-run"),
    (outage, USE, "maac-sim outage --seconds 30 --rate 5 --endpoint CRM --simulate"),
    (doctor, USE, "maac-sim doctor --url http://127.0.0.1:8622"),
    (listen, RECEIVE, "maac-sim listen --forward-to http://127.0.0.1:3000/webhook --print-bodies"),
    (record, RECEIVE, "maac-sim record friday.cassette --endpoint CRM --since 24h"),
    (replay, RECEIVE, "maac-sim replay friday.cassette http://127.0.0.1:9000/ --secret s3cret --save new.cassette"),
    (diff, RECEIVE, "maac-sim diff friday.cassette new.cassette"),
    (sign, RECEIVE, "printf %s '{}' | maac-sim sign --secret my-secret"),
    (verify, RECEIVE, "maac-sim verify 6b1f… body.json --secret my-secret"),
):
    app.command(rich_help_panel=panel, epilog=f"Example: {example}")(command)
app.command(rich_help_panel=RECEIVE, epilog=check.EPILOG)(check.check)
app.command(rich_help_panel=RECEIVE, epilog="Example: maac-sim probes")(check.probes)
app.command(rich_help_panel=RECEIVE, epilog=explain.EPILOG)(explain.explain)

Host = Annotated[str, typer.Option(envvar="MAAC_SIM_HOST", help="Address to listen on.")]
Port = Annotated[int, typer.Option(envvar="MAAC_SIM_PORT", help="Port to listen on.", min=1, max=65535)]


def main() -> None:
    """Exit codes: 0 success, 1 failed or refused, 2 invalid usage or start-up error, 3 no simulator answered."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maac_sim.settings")
    try:
        app()
    except Unsuccessful as error:
        typer.echo(error, err=True)
        raise SystemExit(error.exit_code) from None


@app.command(rich_help_panel=SERVE, epilog="Example: MAAC_SIM_PORT=9622 maac-sim run")
@explained()
def run(
    host: Host = "127.0.0.1",
    port: Port = DEFAULT_PORT,
    companion: Annotated[
        int, typer.Option("--end-with", metavar="PID", help="Exit when this process has exited, such as a test run.")
    ] = 0,
) -> None:
    """Run the embedded simulator: web, worker and scheduler in one process, with SQLite."""
    _django()
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
    serve(host=host, port=port, on_ready=lambda: _print_welcome(host, port, ready.password, ready.token))


@app.command(rich_help_panel=SERVE, epilog="Example: DATABASE_URL=postgresql://… maac-sim setup")
@explained()
def setup() -> None:
    """Apply migrations; create the demo account, the admin and the API token if they are missing."""
    _django()
    from maac_sim.setup import ADMIN_NAME, prepare

    check_database(needs_tables=False)
    ready = prepare(now=datetime.now(UTC))
    typer.echo(f"The database is ready. Account: {ready.account.name}.")
    if ready.password is None:
        typer.echo(f"No {ADMIN_NAME} password was preset: set MAAC_SIM_ADMIN_PASSWORD and run this again.")
    if ready.token is None:
        typer.echo("No API token was preset: set MAAC_SIM_API_TOKEN and run this again.")


@app.command(rich_help_panel=SERVE, epilog="Example: maac-sim web --host 0.0.0.0 --workers 4")
@explained()
def web(
    host: Host = "127.0.0.1",
    port: Port = DEFAULT_PORT,
    workers: Annotated[int, typer.Option(envvar="WEB_CONCURRENCY", help="Number of web processes.", min=1)] = 2,
    threads: Annotated[int, typer.Option(help="Threads of each process.", min=1)] = 16,
) -> None:
    """Serve the console and the REST API, with PostgreSQL and Redis (DATABASE_URL, REDIS_URL)."""
    from maac_sim.web import serve

    _django()
    check_address(host, port)
    check_database(needs_tables=True)
    serve(host=host, port=port, workers=workers, threads=threads)


@app.command(rich_help_panel=SERVE, epilog="Example: maac-sim worker --name worker1@%h --loglevel info")
@explained()
def worker(
    name: Annotated[str, typer.Option(help="Celery node name; %h is the host name. Must be unique.")] = "worker@%h",
    loglevel: Annotated[str, typer.Option(help="Celery log level: debug, info, warning, error.")] = "warning",
) -> None:
    """Run a Celery worker, which delivers events. Run one per core, on any number of machines."""
    _django()
    check_broker()
    check_database(needs_tables=True)
    _exec(
        "celery",
        f"-A maac_sim.celery worker --pool threads --hostname {shlex.quote(name)} "
        f"--loglevel {shlex.quote(loglevel)} --without-gossip --without-mingle --without-heartbeat",
    )


@app.command(rich_help_panel=SERVE, epilog="Example: maac-sim beat --loglevel info")
@explained()
def beat(
    loglevel: Annotated[str, typer.Option(help="Celery log level: debug, info, warning, error.")] = "warning",
) -> None:
    """Run the Celery scheduler, whose periodic sweep finds rows that no message announced. Run exactly one."""
    _django()
    check_broker()
    _exec(
        "celery",
        f"-A maac_sim.celery beat --scheduler celery.beat.Scheduler --pidfile= --loglevel {shlex.quote(loglevel)}",
    )


@app.command(rich_help_panel=SERVE, epilog="Example: maac-sim version")
def version() -> None:
    """Print the version."""
    from maac_sim import __version__

    typer.echo(f"maac-sim {__version__}")


def _django() -> None:
    import django

    django.setup()


def _exec(module: str, arguments: str) -> NoReturn:
    """Replace this process, so that signals and exit codes are those of the other program."""
    os.execv(sys.executable, [sys.executable, "-m", module, *shlex.split(arguments)])  # noqa: S606


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
    typer.echo("To see a delivery, run these in two more terminals:")
    if (port, settings.DATA_DIR) != (DEFAULT_PORT, Path("data").resolve()):
        typer.echo(f"  export MAAC_SIM_URL={address} MAAC_SIM_DATA={shlex.quote(str(settings.DATA_DIR))}")
    here = os.path.relpath(sys.argv[0])
    program = "maac-sim" if shutil.which("maac-sim") else shlex.quote(sys.argv[0] if here.startswith("..") else here)
    typer.echo(f"  {program} listen   # a receiver that verifies signatures")
    typer.echo(f"  {program} trigger receipt.receipt_validated")
