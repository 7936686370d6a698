"""The README's first minute, word by word: its receiver, its curl lines, its order."""

import json
import re
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import requests

from maac_contract.contract import HEADER_IDEMPOTENCY_KEY, HEADER_SIGNATURE
from tests.conftest import ROOT, needs
from tests.processes import Embedded, embedded, environment, start
from tests.servers import free_port

README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    """The code blocks of the first-event section, in order."""
    section = README.split("## Your first event")[1].split("\n## ")[0]
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", section, re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(body) for _, body in found]


def shell(lines: str, simulator: Embedded, receiver_port: int) -> str:
    """Run README lines as they are, but for the ports and the folder of this test's own servers."""
    text = lines.replace("127.0.0.1:8622", f"127.0.0.1:{simulator.port}").replace(":9000", f":{receiver_port}")
    text = text.replace("data/secrets.env", str(simulator.folder / "secrets.env"))
    done = subprocess.run(
        ["bash", "-euc", text], env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_first_minute_works_as_written(tmp_path: Path) -> None:
    needs("curl")
    port = free_port()
    create, publish, log, test = blocks("bash")
    export = f"{create.splitlines()[0]}\n"
    assert export.startswith("export TOKEN=")
    (script,) = blocks("python")
    (tmp_path / "receiver.py").write_text(script.replace("9000", str(port)))
    with embedded(tmp_path / "data", MAAC_SIM_API_TOKEN="") as simulator:
        endpoint = json.loads(shell(create, simulator, port))
        env = environment(SHARE_SECRET=endpoint["share_secret"])
        with start([sys.executable, "receiver.py"], env, tmp_path / "receiver.log") as receiver:
            shell(export + publish, simulator, port)
            deadline = time.monotonic() + 10
            while receiver.output().count("verified") < 2 and time.monotonic() < deadline:
                time.sleep(0.05)
            assert receiver.output().count("verified") == 2
            assert "WRONG" not in receiver.output()
            assert "\\u65b0\\u5bbf\\u5e97" in receiver.output()
            delivered, waited = map(json.loads, shell(export + log, simulator, port).replace("}{", "}\n{").splitlines())
            assert len(delivered["results"]) == 2
            assert waited["done"]
            assert json.loads(shell(export + test, simulator, port))["success"]
            forged: dict[str, str | bytes | None] = {
                HEADER_SIGNATURE: "署名".encode(),
                HEADER_IDEMPOTENCY_KEY: "0" * 32,
            }
            answer = requests.post(f"http://127.0.0.1:{port}/webhook", data=b"{}", headers=forged, timeout=10)
            assert answer.status_code == 401, receiver.output()


def test_every_setting_that_the_code_reads_is_in_the_table_and_the_reverse() -> None:
    table = (ROOT / "docs" / "reference" / "settings.md").read_text()
    name = r"((?:MAAC_SIM|WEBHOOK|NOTIFICATION|MESSAGE|OPENAPI|DATABASE|REDIS)_[A-Z0-9_]+)"
    listed = set(re.findall(f"`{name}`", table))
    sources = "".join((ROOT / "maac_sim" / file).read_text() for file in ("settings.py", "server_commands.py"))
    read = set(re.findall(rf'(?:env\.\w+\(\s*|envvar=)"{name}"', sources))
    assert listed == read
