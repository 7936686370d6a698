"""A load client in a process of its own: posts prepared bodies with libcurl over connections that stay open.

Reads lines of `extra header value<TAB>path<TAB>body`; waits for the go file; then posts them either as fast as answers
come (`--rate 0`) or at a steady rate whatever the answers do. Writes for each answer a line of JSON: when it was sent
and answered (seconds since 1970), its status, and its text if `--keep`.
"""

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pycurl

LONGEST_WAIT = 0.5
NEVER_SENT = ("Accept:", "Expect:")


@dataclass(frozen=True)
class Post:
    """One request, ready to go."""

    path: str
    headers: list[str]
    body: bytes


class Line:
    """A handle that sends one post after another."""

    def __init__(self, base: str, keep: bool) -> None:
        self.handle = pycurl.Curl()
        self.sent_at = 0.0
        self._base = base
        self._answer: list[bytes] = []
        self.handle.setopt(pycurl.POST, 1)
        self.handle.setopt(pycurl.NOSIGNAL, 1)
        self.handle.setopt(pycurl.PROXY, "")
        self.handle.setopt(pycurl.TIMEOUT, 120)
        self.handle.setopt(pycurl.WRITEFUNCTION, self._answer.append if keep else lambda _chunk: None)

    def begin(self, post: Post) -> None:
        self._answer.clear()
        self.handle.setopt(pycurl.URL, self._base + post.path)
        self.handle.setopt(pycurl.HTTPHEADER, post.headers)
        self.handle.setopt(pycurl.POSTFIELDS, post.body)
        self.sent_at = time.time()

    def answer(self) -> tuple[float, float, int, bytes]:
        return self.sent_at, time.time(), self.handle.getinfo(pycurl.RESPONSE_CODE), b"".join(self._answer)


class Client:
    """`connections` posts at once at most."""

    def __init__(self, base: str, connections: int, keep: bool) -> None:
        self.answers: list[tuple[float, float, int, bytes]] = []
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAXCONNECTS, connections)
        self._idle = [Line(base, keep) for _ in range(connections)]
        self._busy: dict[pycurl.Curl, Line] = {}

    def send_all(self, posts: Iterator[Post], rate: float) -> None:
        """Send them all; `rate` a second, or 0 for as fast as they are answered."""
        began, sent = time.time(), 0
        waiting = next(posts, None)
        while waiting or self._busy:
            while waiting and self._idle and (not rate or time.time() >= began + sent / rate):
                self._begin(waiting)
                waiting, sent = next(posts, None), sent + 1
            self._multi.perform()
            if not self._collect():
                due = began + sent / rate - time.time() if rate and waiting and self._idle else LONGEST_WAIT
                self._multi.select(max(0.0, min(due, LONGEST_WAIT)))

    def _begin(self, post: Post) -> None:
        line = self._idle.pop()
        line.begin(post)
        self._busy[line.handle] = line
        self._multi.add_handle(line.handle)

    def _collect(self) -> int:
        collected, remaining = 0, 1
        while remaining:
            remaining, done, failed = self._multi.info_read()
            for handle in [*done, *(entry[0] for entry in failed)]:
                self._multi.remove_handle(handle)
                line = self._busy.pop(handle)
                self.answers.append(line.answer())
                self._idle.append(line)
                collected += 1
        return collected


def read_posts(file: Path, headers: list[str]) -> list[Post]:
    lines = (line.split(b"\t", 2) for line in file.read_bytes().splitlines())
    fixed = [*NEVER_SENT, *headers]
    return [
        Post(path.decode(), [*fixed, *(part for part in extra.decode().split("|") if part)], body)
        for extra, path, body in lines
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base", help="URL before the paths")
    parser.add_argument("--posts", type=Path, required=True)
    parser.add_argument("--first", type=int, default=0, help="line to begin with")
    parser.add_argument("--step", type=int, default=1, help="send every so manieth line")
    parser.add_argument("--go", type=Path, required=True, help="start when this file is there")
    parser.add_argument("--log", type=Path)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--rate", type=float, default=0.0)
    parser.add_argument("--keep", action="store_true", help="keep the answers' text")
    parser.add_argument("--header", action="append", default=[])
    options = parser.parse_args()
    posts = read_posts(options.posts, options.header)[options.first :: options.step]
    client = Client(options.base, options.connections, options.keep)
    print("ready", flush=True)
    while not options.go.exists():
        time.sleep(0.002)
    client.send_all(iter(posts), options.rate)
    if options.log:
        entries = ((sent, answered, status, text.decode()) for sent, answered, status, text in client.answers)
        options.log.write_text("".join(f"{json.dumps(entry)}\n" for entry in entries))


if __name__ == "__main__":
    main()
