"""The `maac-sim` command."""

import os
import shlex
import sys
from datetime import UTC, datetime
from typing import Annotated, NoReturn

import typer

app = typer.Typer(
    help="A simulated MAAC: signs and delivers webhook events exactly as MAAC does.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Host = Annotated[str, typer.Option(envvar="MAAC_SIM_HOST", help="Address to listen on.")]
Port = Annotated[int, typer.Option(envvar="MAAC_SIM_PORT", help="Port to listen on.", min=1, max=65535)]


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maac_sim.settings")
    app()


@app.command(epilog="Example: MAAC_SIM_PORT=9622 maac-sim run")
def run(host: Host = "127.0.0.1", port: Port = 8622) -> None:
    """Run everything in one process, with SQLite: the embedded simulator."""
    _django()
    from django.conf import settings

    from maac_sim.embedded import serve
    from maac_sim.setup import prepare

    if not settings.EMBEDDED:
        _fail("DATABASE_URL is set, so this is not the embedded simulator. Start: maac-sim web, worker and beat.")
    ready = prepare(now=datetime.now(UTC))
    try:
        serve(host=host, port=port, on_ready=lambda: _print_welcome(host, port, ready.password, ready.token))
    except OSError as error:
        _fail(f"Cannot listen on {host}:{port} ({error.strerror}). Choose another port: MAAC_SIM_PORT=9622 ./run")


@app.command()
def setup() -> None:
    """Apply migrations and make the demo account, the admin and the API token if they are missing."""
    _django()
    from maac_sim.setup import ADMIN_NAME, prepare

    ready = prepare(now=datetime.now(UTC))
    typer.echo(f"The database is ready. Account: {ready.account.name}.")
    if ready.password is None:
        typer.echo(f"No {ADMIN_NAME} password was preset: set MAAC_SIM_ADMIN_PASSWORD and run this again.")
    if ready.token is None:
        typer.echo("No API token was preset: set MAAC_SIM_API_TOKEN and run this again.")


@app.command()
def web(
    host: Host = "127.0.0.1",
    port: Port = 8622,
    workers: Annotated[int, typer.Option(envvar="WEB_CONCURRENCY", help="Processes.", min=1)] = 2,
    threads: Annotated[int, typer.Option(help="Threads of each; a call that waits holds one.", min=1)] = 16,
) -> None:
    """Serve console and REST API with gunicorn (PostgreSQL and Redis: DATABASE_URL, REDIS_URL)."""
    from maac_sim.gunicorn_config import make_shared_folder

    make_shared_folder()
    _exec(
        "gunicorn",
        f"maac_sim.wsgi --config python:maac_sim.gunicorn_config --bind {host}:{port} "
        f"--worker-class gthread --workers {workers} --threads {threads}",
    )


@app.command()
def worker(
    name: Annotated[str, typer.Option(help="How it calls itself; %h is the host name.")] = "worker@%h",
    loglevel: Annotated[str, typer.Option(help="Celery's log level.")] = "warning",
) -> None:
    """Deliver. Run one for each core, on any number of machines."""
    _exec(
        "celery",
        f"-A maac_sim.celery worker --pool threads --concurrency 4 --hostname {shlex.quote(name)} "
        f"--loglevel {shlex.quote(loglevel)} --without-gossip --without-mingle --without-heartbeat",
    )


@app.command()
def beat(loglevel: Annotated[str, typer.Option(help="Celery's log level.")] = "warning") -> None:
    """Ring for the workers each second, so that nothing due is ever forgotten. Run exactly one."""
    _exec(
        "celery",
        f"-A maac_sim.celery beat --scheduler celery.beat.Scheduler --pidfile= --loglevel {shlex.quote(loglevel)}",
    )


@app.command()
def version() -> None:
    """Print the version."""
    from maac_sim import __version__

    typer.echo(f"maac-sim {__version__}")


def _django() -> None:
    import django

    django.setup()


def _exec(module: str, arguments: str) -> NoReturn:
    """Become the other program, so that signals and exit codes are its own."""
    os.execv(sys.executable, [sys.executable, "-m", module, *shlex.split(arguments)])  # noqa: S606


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(code=1)


def _print_welcome(host: str, port: int, password: str | None, token: str | None) -> None:
    from django.conf import settings

    from maac_sim import __version__

    shown_host = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104
    address = f"http://{shown_host}:{port}"
    typer.echo(f"maac-sim {__version__} runs at {address} (stop it with Ctrl+C). Its data: {settings.DATA_DIR}")
    typer.echo(f"  console   {address}/console/  user admin, password {password or 'as you changed it'}")
    typer.echo(f"  REST API  {address}/api/docs/  token {token or 'revoked; make one in the console'}")
    typer.echo("Tell it of a receiver on port 9000, then make something happen:")
    curl = f"  curl -H 'Authorization: Bearer {token or 'TOKEN'}' -H 'Content-Type: application/json' {address}/api/v1"
    body = '{"name": "My receiver", "url": "http://127.0.0.1:9000/", "event_types": ["receipt.receipt_validated"]}'
    typer.echo(f"{curl}/endpoints/ -d '{body}'")
    typer.echo(f'{curl}/events/ -d \'{{"topic": "receipt.receipt_validated"}}\'')
