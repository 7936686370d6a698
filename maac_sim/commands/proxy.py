"""`maac-sim proxy`: stands between the real MAAC and a receiver, and reports what is wrong with each request."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from maac_contract import contract
from maac_contract.differences import differences
from maac_sim import cassettes
from maac_sim.commands import cassette_files
from maac_sim.commands.output import AsJson, out, print_json
from maac_sim.commands.receiving import HOP_BY_HOP, Request, Response, is_signed, serve, server, why_not_signed
from maac_sim.commands.sending import CaFile, Insecure, Timeout, is_accepted, sender_to, verdict
from receiver_check.verdicts import Answer, Message

if TYPE_CHECKING:
    from receiver_check.sender import Sender

NOT_REACHED, TOO_SLOW = 502, 504
"""Statuses in place of an answer that did not come: MAAC tries again after both, as it does after a timeout."""

EPILOG = """Examples:

maac-sim proxy --to http://127.0.0.1:3000/webhook --secret s3cret

SHARE_SECRET=s3cret maac-sim proxy --to http://127.0.0.1:3000/webhook --port 9100 --save today.cassette

maac-sim proxy --to http://127.0.0.1:3000/webhook --secret s3cret --count 1 --json

Exit codes: 0 nothing was wrong, 1 something was wrong with a request or its answer, 2 invalid usage.
"""


@dataclass(frozen=True)
class Problem:
    """`where` is `signature`, `method`, `header`, `body`, `payload` or `receiver`."""

    where: str
    what: str
    fix: str = ""


@dataclass
class Recorder:
    """The cassette, the counts, and the number of times that each idempotency key has arrived."""

    cassette: TextIO | None
    began: float = field(default_factory=time.monotonic)
    keys: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    with_problems: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def arrived(self, request: Request) -> int:
        """Which attempt of this key it is; without a key, the first."""
        if not request.key:
            return 1
        with self.lock:
            self.keys[request.key] += 1
            return self.keys[request.key]

    def ended(self, request: Request, answer: Answer, at: float, *, is_wrong: bool) -> None:
        with self.lock:
            self.requests += 1
            self.with_problems += is_wrong
            if self.cassette:
                body = answer.body.decode(errors="replace")[: cassettes.ANSWER_KEPT]
                kept = cassettes.Answer(answer.status, answer.seconds * 1000, str(answer.fault or ""), body)
                self.cassette.write(cassettes.line(cassettes.Take(at, request.topic, request.key, request.body, kept)))
                self.cassette.flush()


def proxy(
    to: Annotated[str, typer.Option(metavar="URL", help="The receiver's webhook URL.")],
    secret: Annotated[str, typer.Option(envvar="SHARE_SECRET", help="The endpoint's share secret, as MAAC shows it.")],
    other_secret: Annotated[
        list[str] | None,
        typer.Option(help="Another secret to try if a signature is wrong, such as the previous one. May be repeated."),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0: any free port.")] = 9100,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    save: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a cassette with all requests.")] = None,
    force: cassette_files.Force = False,
    slow: Annotated[float, typer.Option(min=0, help="Report answers that take longer than this many seconds.")] = 3.0,
    timeout: Timeout = contract.ATTEMPT_TIMEOUT,
    count: Annotated[int, typer.Option(min=0, help="Exit after this many requests; 0: with Ctrl+C.")] = 0,
    insecure: Insecure = False,
    ca_file: CaFile = None,
    as_json: AsJson = False,
) -> None:
    """Stand between the real MAAC and a receiver under development: verify, forward, and report what was wrong.

    Give MAAC the public URL of a tunnel that leads to this proxy. Every request is forwarded to --to with the same
    headers and bytes, and the receiver's answer is returned. It needs no simulator.
    """
    sender = sender_to(to, timeout=timeout, insecure=insecure, ca_file=ca_file)
    if save:
        cassette_files.refuse_overwriting(save, force=force)
    listening = server(host, port)
    recorder = Recorder(cassette_files.begin(save, force=force) if save else None)
    secrets = (secret, tuple(other_secret or ()))

    def answer(request: Request) -> Response:
        at, attempt = time.monotonic() - recorder.began, recorder.arrived(request)
        answered = sender.send(Message(request.method, request.end_to_end, request.body))
        problems = [*_wrong_with(request, *secrets), *_wrong_with_answer(answered, slow)]
        recorder.ended(request, answered, at, is_wrong=bool(problems))
        with recorder.lock:
            _show(request, answered, attempt, problems, as_json)
        return _passed_on(answered, sender)

    def stop_when_done() -> None:
        if count and recorder.requests >= count:
            threading.Thread(target=listening.shutdown, daemon=True).start()

    if not as_json:
        out.print(f"Listening at http://{host}:{listening.server_address[1]}/, forwarding to {to}. Stop with Ctrl+C.")
    try:
        serve(listening, answer, after=stop_when_done)
    finally:
        listening.server_close()
        if recorder.cassette:
            recorder.cassette.close()
    if not as_json:
        where = f" They are in {save}." if save else ""
        out.print(f"{recorder.requests} requests, {recorder.with_problems} with something wrong.{where}", markup=False)
    raise typer.Exit(1 if recorder.with_problems else 0)


def _wrong_with(request: Request, secret: str, other_secrets: tuple[str, ...]) -> list[Problem]:
    """What is wrong with the request: its signature with the mistake behind it, then differences to the contract."""
    found = []
    if not is_signed(request, secret):
        found = [Problem("signature", what, fix) for _, what, fix in why_not_signed(request, secret, other_secrets)]
    missing = f"The header {contract.HEADER_SIGNATURE} is missing."
    differing = differences(request.method, request.headers, request.body)
    return found + [Problem(*difference) for difference in differing if difference.what != missing]


def _wrong_with_answer(answer: Answer, slow: float) -> list[Problem]:
    found = []
    if answer.status is None:
        found.append(Problem("receiver", f"No answer: {answer.fault}.", verdict(answer)))
    elif answer.status != contract.SUCCESS_STATUS:
        found.append(Problem("receiver", f"Answered with {answer.status}.", verdict(answer)))
    if answer.status is not None and answer.seconds > slow:
        found.append(Problem("receiver", f"Answered after {answer.seconds:.1f} s, slower than {slow:g} s.",
                             "Answer first and do the work afterwards, in a queue."))  # fmt: skip
    return found


def _passed_on(answer: Answer, sender: "Sender") -> Response:
    """The receiver's answer; where there is none, a status after which MAAC tries again."""
    if answer.status is not None:
        return Response(answer.status, tuple(pair for pair in answer.headers if pair[0].lower() not in HOP_BY_HOP),
                        answer.body)  # fmt: skip
    status = TOO_SLOW if answer.seconds >= sender.timeout else NOT_REACHED
    return Response(status, (), f"maac-sim proxy: no answer from {sender.target.url}: {answer.fault}\n".encode())


def _show(request: Request, answer: Answer, attempt: int, problems: list[Problem], as_json: bool) -> None:
    if as_json:
        print_json(_facts(request, answer, attempt, problems))
        return
    mark = "[red]WRONG[/red]" if problems else "[green]right[/green]"
    colour = "green" if is_accepted(answer) else "red"
    again = f", attempt {attempt}" if attempt > 1 else ""
    out.print(
        f"{datetime.now():%H:%M:%S}  {mark}  {request.topic}  {len(request.body)} bytes  "
        f"[{colour}]{answer}[/{colour}] in {answer.seconds * 1000:.0f} ms  key {request.key or 'missing'}{again}"
    )
    for problem in problems:
        out.print(f"  {problem.where}: {problem.what}", markup=False)
        if problem.fix:
            out.print(f"    {problem.fix}", markup=False)


def _facts(request: Request, answer: Answer, attempt: int, problems: list[Problem]) -> dict[str, Any]:
    return {
        "at": datetime.now().astimezone().isoformat(timespec="milliseconds"),
        "method": request.method,
        "topic": request.topic,
        "idempotency_key": request.key,
        "attempt": attempt,
        "bytes": len(request.body),
        "verified": not any(problem.where == "signature" for problem in problems),
        "problems": [vars(problem) for problem in problems],
        "answer": {"status": answer.status, "ms": round(answer.seconds * 1000, 2), "fault": str(answer.fault or "")},
    }
