"""Good receivers that are not of the suite's own programs: the console's snippets, with a line that counts the work."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from receiver_check.effects import from_file
from tests.processes import environment, start, wait_until_it_listens
from tests.receiver_check.mutants.planted import Mutant
from tests.receiver_check.mutants.running import SECRET, Receiver
from tests.servers import free_port

COUNTED = {
    "python": ('print("new event:"', 'open(os.environ["EFFECTS"], "a").write(f"{key}\\n"); print("new event:"'),
    "node": ('console.log("new event:"', 'require("node:fs").appendFileSync(process.env.EFFECTS, key + "\\n"); console.log("new event:"'),
    "php": ('error_log("new event', "file_put_contents(getenv('EFFECTS'), \"$key\\n\", FILE_APPEND | LOCK_EX); error_log(\"new event"),
    "go": ('fmt.Println("new event:"', 'f, _ := os.OpenFile(os.Getenv("EFFECTS"), os.O_APPEND|os.O_WRONLY, 0600); fmt.Fprintln(f, key); f.Close(); fmt.Println("new event:"'),
    "java": ('System.out.println("new event: "', 'java.nio.file.Files.writeString(java.nio.file.Path.of(System.getenv("EFFECTS")), key + "\\n", java.nio.file.StandardOpenOption.APPEND); System.out.println("new event: "'),
    "ruby": ('$stdout.puts "new event: ', 'File.write(ENV["EFFECTS"], env["HTTP_CRESCLAB_IDEMPOTENCY_KEY"].to_s + "\\n", mode: "a"); $stdout.puts "new event: '),
}  # fmt: skip
"""By language, the text before which the line that counts the work stands, and both together."""

GOOD_ELSEWHERE = tuple(COUNTED)
BUILD_TIME = 120.0


@contextmanager
def snippet_running(slug: str, folder: Path) -> Iterator[Receiver]:
    """The console's receiver in this language, as it is pasted, and started by the command beside it."""
    from console.webhooks.snippets import snippets
    from webhooks.models import Endpoint

    port = free_port()
    url = f"http://127.0.0.1:{port}/webhook"
    snippet = next(each for each in snippets(endpoint=Endpoint(url=url)) if each.slug == slug)
    old, new = COUNTED[slug]
    assert snippet.code.count(old) == 1, slug
    (folder / snippet.file).write_text(snippet.code.replace(old, new))
    effects = folder / "effects.log"
    effects.touch()
    env = environment(SHARE_SECRET=SECRET, EFFECTS=effects, TMPDIR=folder, PHP_CLI_SERVER_WORKERS=4)
    with start(snippet.command.split(), env, folder / "output.log") as process:
        wait_until_it_listens(process, port, BUILD_TIME)
        yield Receiver(Mutant(slug, "", "snippet"), url, from_file(effects))
