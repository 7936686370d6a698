"""The `maac-sim` command."""

import typer

from maac_sim import __version__
from maac_sim.commands import (
    binding,
    check,
    doctor,
    endpoint,
    event,
    explain,
    faults,
    init,
    licence,
    listen,
    openapi,
    proxy,
    resend,
    send,
)
from maac_sim.commands.connection import Unsuccessful
from maac_sim.commands.deliveries import deliveries, delivery, redeliver
from maac_sim.commands.outage import outage
from maac_sim.commands.output import AsJson, print_json
from maac_sim.commands.play import play
from maac_sim.commands.record import record
from maac_sim.commands.replay import diff, replay
from maac_sim.commands.signing import sign, verify
from maac_sim.commands.trigger import trigger
from maac_sim.server_commands import beat, manage, run, setup, web, worker

app = typer.Typer(
    help="A simulated MAAC: signs and delivers webhook events exactly as MAAC does.",
    epilog="Exit codes: 0 success, 1 failed or refused, 2 invalid usage or start-up error, 3 no simulator answered.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


USE = "Use a running simulator"
RECEIVE = "Work on a receiver"
SERVE = "Run a simulator"
app.add_typer(endpoint.app, name="endpoint", rich_help_panel=USE)
app.add_typer(event.app, name="event", rich_help_panel=USE)
app.add_typer(faults.app, name="faults", rich_help_panel=USE)
app.add_typer(binding.callback_app, name="callback", rich_help_panel=USE)
app.add_typer(binding.links_app, name="bind-link", rich_help_panel=USE)
app.add_typer(licence.app, name="licence", rich_help_panel=USE)
app.add_typer(openapi.app, name="openapi", rich_help_panel=USE)
for command, panel, example in (
    (trigger, USE, "maac-sim trigger receipt.receipt_validated --set data.items.0.amount=5 --wait"),
    (play, USE, "maac-sim play campaign-day --rate 50 --seed 7"),
    (deliveries, USE, "maac-sim deliveries --status failed --follow"),
    (delivery, USE, "maac-sim delivery 12"),
    (redeliver, USE, "maac-sim redeliver --failed --since 24h --dry-run"),
    (outage, USE, "maac-sim outage --seconds 30 --rate 5 --endpoint CRM --simulate"),
    (record, RECEIVE, "maac-sim record friday.cassette --endpoint CRM --since 24h"),
    (replay, RECEIVE, "maac-sim replay friday.cassette http://127.0.0.1:9000/ --secret s3cret --save new.cassette"),
    (diff, RECEIVE, "maac-sim diff friday.cassette new.cassette"),
    (sign, RECEIVE, "printf %s '{}' | maac-sim sign --secret my-secret"),
    (verify, RECEIVE, "maac-sim verify 6b1f… body.json --secret my-secret"),
):
    app.command(rich_help_panel=panel, epilog=f"Example: {example}")(command)
app.command(rich_help_panel=USE, epilog=resend.EPILOG)(resend.resend)
app.command(rich_help_panel=USE, epilog=doctor.EPILOG)(doctor.doctor)
app.command(rich_help_panel=RECEIVE, epilog=init.EPILOG)(init.init)
app.command(rich_help_panel=RECEIVE, epilog=listen.EPILOG)(listen.listen)
app.command(rich_help_panel=RECEIVE, epilog=proxy.EPILOG)(proxy.proxy)
app.command(rich_help_panel=RECEIVE, epilog=send.EPILOG)(send.send)
app.command(rich_help_panel=RECEIVE, epilog=check.EPILOG)(check.check)
app.command(rich_help_panel=RECEIVE, epilog="Example: maac-sim probes")(check.probes)
app.command(rich_help_panel=RECEIVE, epilog=explain.EPILOG)(explain.explain)
for process, example in (
    (run, "MAAC_SIM_PORT=9622 maac-sim run"),
    (setup, "DATABASE_URL=postgresql://… maac-sim setup"),
    (web, "maac-sim web --host 0.0.0.0 --workers 4"),
    (worker, "maac-sim worker --name worker1@%h --loglevel info"),
    (beat, "maac-sim beat --loglevel info"),
):
    app.command(rich_help_panel=SERVE, epilog=f"Example: {example}")(process)
app.command(rich_help_panel=SERVE, context_settings={"ignore_unknown_options": True})(manage)


def main() -> None:
    """Exit codes: 0 success, 1 failed or refused, 2 invalid usage or start-up error, 3 no simulator answered."""
    try:
        app()
    except Unsuccessful as error:
        typer.echo(error, err=True)
        raise SystemExit(error.exit_code) from None


@app.command(rich_help_panel=SERVE, epilog="Example: maac-sim version")
def version(as_json: AsJson = False) -> None:
    """Print the version."""
    print_json({"version": __version__}) if as_json else typer.echo(f"maac-sim {__version__}")
