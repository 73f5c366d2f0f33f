"""Install the wheel and its pinned requirements into a new environment, and use it there.

    python packaging/check_wheel.py dist

dist is a folder with one wheel of hedge-dfk and its run.txt. Everything happens in a new folder
outside the checkout, so that nothing of the checkout can be imported by accident: the wheel itself
must hold what the commands need. Only the standard library is used here.
"""

import csv
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: The least number of files of each kind that the wheel must hold: any of them was missing once.
DATA_FILES = {".sql": 250, ".yml": 80, ".csv": 19, ".html": 16, ".jinja": 7, ".css": 1, ".js": 1}
#: A world of the demo small enough for a check and large enough for somebody to lose a tier.
CLUSTERS = "30"


class Environment:
    """A virtual environment with Hedge, and a folder to work in."""

    def __init__(self, root: Path, dist: Path) -> None:
        """Create the environment and install what dist holds."""
        self.work = root / "work"
        self.work.mkdir()
        self.bin = root / "venv" / "bin"
        # Neither settings of Hedge nor of Python may lead to the checkout.
        self.variables = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("HEDGE_", "PYTHON", "VIRTUAL_ENV", "PG"))
        }
        (wheel,) = dist.glob("hedge_dfk-*.whl")
        uv = shutil.which("uv")
        if uv:
            make = [uv, "venv", "--quiet", "--python", sys.executable, self.bin.parent]
            install = [uv, "pip", "install", "--quiet", "--python", self.bin / "python"]
        else:
            make = [sys.executable, "-m", "venv", self.bin.parent]
            install = [self.bin / "python", "-m", "pip", "install", "--quiet"]
        self.run(*make)
        self.run(*install, "--no-deps", "--require-hashes", "-r", dist / "run.txt")
        self.run(*install, "--no-deps", wheel)

    def run(self, *command: str | Path, folder: Path | None = None, status: int = 0) -> str:
        """Run a command and return its output; an unexpected exit status ends the check."""
        done = subprocess.run(
            [str(part) for part in command],
            cwd=folder or self.work,
            env=self.variables,
            capture_output=True,
            text=True,
        )
        if done.returncode != status:
            sys.exit(
                f"{' '.join(map(str, command))} exited with {done.returncode}, not {status}:\n"
                f"{done.stdout}{done.stderr}"
            )
        return done.stdout + done.stderr

    def hedge(self, *arguments: str, folder: Path | None = None, status: int = 0) -> str:
        """Run the command hedge."""
        return self.run(self.bin / "hedge", *arguments, folder=folder, status=status)


def step(sentence: str) -> None:
    """Say what was found to work, and after how many seconds."""
    print(f"{time.monotonic() - STARTED:5.0f} s  {sentence}", flush=True)


def check_files(environment: Environment, dist: Path) -> None:
    """Data files are in the wheel, and no pinned requirement has a package cli or api."""
    listed = environment.run(
        environment.bin / "python",
        "-c",
        "import json; from importlib import metadata;"
        "print(json.dumps({d.metadata['Name']: [str(f) for f in d.files or ()]"
        " for d in metadata.distributions()}))",
    )
    files = json.loads(listed)
    ours = files.pop("hedge-dfk")
    for suffix, least in DATA_FILES.items():
        found = sum(file.endswith(suffix) for file in ours)
        if found < least:
            sys.exit(f"the wheel holds {found} files {suffix}, fewer than {least}")
    for name, theirs in files.items():
        shared = {file.split("/")[0] for file in theirs} & {"hedge", "cli", "api"}
        if shared:
            sys.exit(f"{name} installs {shared} too, which would replace files of Hedge")
    size = next(dist.glob("*.whl")).stat().st_size
    held = [file for file in ours if not file.endswith(".pyc")]
    step(f"the wheel has {len(held)} files in {size // 1024} KiB")


def check_place(environment: Environment) -> None:
    """Nothing is imported from outside the environment, and the version is that of the wheel."""
    places = environment.run(
        environment.bin / "python",
        "-c",
        "import api.app, cli.main, hedge; print(api.__file__, cli.__file__, hedge.__file__)",
    ).split()
    for place in places:
        if environment.bin.parent not in Path(place).parents:
            sys.exit(f"{place} lies outside the environment")
    step(environment.hedge("--version").strip())


def check_analyst(environment: Environment) -> None:
    """From the demo world over an edit to a deploy."""
    shown = environment.hedge("demo", "--clusters", CLUSTERS)
    step(f"hedge demo: {shown.strip().splitlines()[-6]}")
    refused = environment.hedge(
        "new", "metric-source", "my_raids", "--table", "hunting_encounters", status=2
    )
    if "hedge init" not in refused:
        sys.exit(f"hedge new does not name hedge init: {refused}")

    project = environment.work / "my-game"
    environment.hedge("init", "my-game")
    environment.hedge("init", "my-game", status=2)
    unchanged = environment.hedge("preview", folder=project)
    if "No definition is edited" not in unchanged:
        sys.exit(f"a new project differs from the package: {unchanged}")
    environment.hedge(
        "new", "metric-source", "my_raids", "--table", "hunting_encounters", folder=project
    )
    raise_threshold(project / "seeds" / "challenge_tiers.csv")
    preview = json.loads(environment.hedge("preview", "--json", folder=project))
    totals = preview["totals"]
    if not {"challenge_tiers", "my_raids"} <= set(preview["changed"]):
        sys.exit(f"the preview misses an edit: {preview['changed']}")
    if not totals["unlocks_not_reached"]:
        sys.exit(f"a higher threshold leaves every unlock within reach: {totals}")
    step(f"hedge init, an edit and hedge preview: {totals['tiers_lost']} tiers lost")
    # from a subfolder, the same project
    deployed = environment.hedge("etl", "deploy", folder=project / "models" / "metrics")
    if str(project) not in deployed:
        sys.exit(f"the deploy took another project: {deployed}")
    environment.hedge("etl", "full", "--as-of", "2026-11-01T00:00Z", folder=project)
    if "No definition is edited" not in environment.hedge("preview", folder=project):
        sys.exit("the deploy did not deploy the edit")
    explained = environment.hedge("explain", "demo-busy", "win_streak")
    step(f"hedge etl deploy, etl full and explain: {explained.splitlines()[0]}")


def raise_threshold(seed: Path) -> None:
    """Put the first threshold of Hero Riser just below the second, so that clusters between the
    two lose their tier."""
    with seed.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    ladder = [row for row in rows if row["challenge_key"] == "hero_riser"]
    first, second = sorted(ladder, key=lambda row: int(row["sort_order"]))[:2]
    first["threshold_value"] = str(float(second["threshold_value"]) - 1)
    with seed.open("w", newline="") as lines:
        writer = csv.DictWriter(lines, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def check_service(environment: Environment) -> None:
    """Pages and API answer, with templates, style sheet and documentation."""
    with serving(environment) as url:
        for path, word in (
            ("/healthz", ""),
            ("/readyz", ""),
            ("/", "<html"),
            ("/leaderboards", "lb_"),
            ("/schema", "swagger"),
        ):
            with urllib.request.urlopen(url + path) as answer:
                text = answer.read().decode()
            if word not in text:
                sys.exit(f"{path} answers without {word!r}: {text[:300]}")
            if path == "/":
                asset = re.search(r'href="(/[^"]+\.css[^"]*)"', text)
                assert asset, text[:1000]
                urllib.request.urlopen(url + asset.group(1)).close()
    step("hedge serve: pages, style sheet, API and its documentation")


@contextmanager
def serving(environment: Environment) -> Iterator[str]:
    """The URL of a running hedge serve --with-worker, which is stopped when the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = environment.work / "serve.log"
    with log.open("w") as lines:
        server = subprocess.Popen(
            [str(environment.bin / "hedge"), "serve", "--with-worker", "--port", str(port)],
            cwd=environment.work,
            env=environment.variables,
            stdout=lines,
            stderr=lines,
        )
    try:
        deadline = time.monotonic() + 60
        while "worker ready" not in log.read_text() or not answers(port):
            if server.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"hedge serve --with-worker did not start: {log.read_text()}")
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=60)


def answers(port: int) -> bool:
    """Whether a server listens on a port."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def main() -> None:
    """Check the wheel in the folder that the first argument names."""
    dist = Path(sys.argv[1]).resolve()
    root = Path(tempfile.mkdtemp(prefix="hedge-wheel-"))
    environment = None
    try:
        environment = Environment(root, dist)
        step("installed with pinned requirements")
        check_files(environment, dist)
        check_place(environment)
        check_analyst(environment)
        check_service(environment)
    finally:
        if environment and (environment.work / ".hedge" / "postgres").exists():
            environment.hedge("db", "stop")
        shutil.rmtree(root, ignore_errors=True)
    step("the wheel works without the checkout")


STARTED = time.monotonic()

if __name__ == "__main__":
    main()
