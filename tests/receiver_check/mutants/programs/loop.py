"""A loyalty programme's receiver on asyncio alone: one thread, persistent connections, and a queue for the work.

It counts points and opened messages. The key is noted when the event enters the queue; a worker does the work.
"""

import asyncio
import hmac
import json
import os
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

SECRET = os.environ["SHARE_SECRET"].strip().encode()
EFFECTS = Path(os.environ["EFFECTS"])
LARGEST = 5 * 1024 * 1024
REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 405: "Method Not Allowed", 413: "Too Large"}
seen: set[str] = set()
queue: asyncio.Queue["Job"] = asyncio.Queue()
Headers = dict[str, str]


@dataclass
class Job:
    key: str
    topic: str
    happened: datetime
    data: dict[str, Any]


def good(body: bytes, signature: str) -> bool:
    expected = hmac.digest(SECRET, body, "sha256").hex()
    return hmac.compare_digest(expected.encode(), signature.encode())


async def receive(method: str, headers: Headers, body: bytes) -> tuple[int, str]:
    if method != "POST":
        return 405, ""
    if not good(body, headers.get("cresclab-signature", "")):
        return 401, "signature does not match"
    try:
        event = json.loads(body)
        key = headers.get("cresclab-idempotency-key", "")
        job = Job(key, event["topic"], datetime.fromisoformat(event["timestamp"]), event["data"])
        consider(job)
    except (ValueError, KeyError, TypeError):
        return 400, "not an event"
    if key not in seen:
        seen.add(key)
        await queue.put(job)
    return 200, "queued"


def consider(job: Job) -> None:
    """Read what the programme needs; an event of another kind needs nothing."""
    if job.topic == "prize.points_added":
        int(job.data["points_count"])
        if job.data["points_expire_date"]:
            datetime.fromisoformat(job.data["points_expire_date"])
    elif job.topic == "message.first_open" and job.data["message_type"] not in ("broadcast", "openapi"):
        raise ValueError(job.data["message_type"])


async def do_work() -> None:
    while True:
        job = await queue.get()
        note(job)


def note(job: Job) -> None:
    with EFFECTS.open("a", encoding="utf-8") as file:
        file.write(f"{job.key} {job.topic}\n")


async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while await exchange(reader, writer):
            pass
    except (ConnectionError, asyncio.IncompleteReadError, TimeoutError):
        pass
    finally:
        writer.close()


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """One request and its answer; whether another may follow."""
    head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)).decode("latin-1")
    request, *lines = head.split("\r\n")[:-2]
    method = request.split(" ")[0]
    headers: Headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    length = int(headers.get("content-length", "0"))
    if length > LARGEST:
        await send(writer, 413, "", close=True)
        return False
    body = await reader.readexactly(length)
    status, text = await receive(method, headers, body)
    await send(writer, status, text)
    return True


async def send(writer: asyncio.StreamWriter, status: int, text: str, *, close: bool = False) -> None:
    head = f"HTTP/1.1 {status} {REASONS.get(status, 'Other')}\r\nContent-Length: {len(text.encode())}\r\n"
    writer.write(f"{head}{'Connection: close' if close else 'Server: loyalty'}\r\n\r\n{text}".encode())
    await writer.drain()


async def serve(port: "list[int]", listening: threading.Event) -> None:
    server = await asyncio.start_server(connection, "127.0.0.1", 0, backlog=128)
    worker = asyncio.create_task(do_work())
    port.append(server.sockets[0].getsockname()[1])
    listening.set()
    async with server:
        await worker


def start() -> int:
    """Listen at a free port, and return it."""
    port: list[int] = []
    listening = threading.Event()
    threading.Thread(target=lambda: asyncio.run(serve(port, listening)), daemon=True).start()
    listening.wait(10)
    return port[0]
