"""Six metric sources as dbt models, compared with one script that is tuned by hand."""

import csv
import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC
from functools import partial
from pathlib import Path

import psycopg
import yaml

from bench.figures import Figure, run_seconds, timed
from hedge import database, embedded_server, runs, settings

SOURCES = (
    "onchain_heroes",
    "onchain_hunting",
    "onchain_lp",
    "onchain_pvp",
    "onchain_quests",
    "onchain_summoning",
)
SCRIPT = Path(__file__).parent / "six_sources.sql"
#: A run leaves rows as they are whose content is what it was, and the script writes all of them.
DIFFERENT = """
    select count(*)
    from analytics.challenge_progress as ours
    full join bench.challenge_progress as theirs using (cluster_id, challenge_key)
    where
        to_jsonb(ours) - 'last_computed_at'
        is distinct from to_jsonb(theirs) - 'last_computed_at'
"""


def project(folder: Path) -> Path:
    """Copy the project with six metric sources and their challenges only."""
    for part in ("models", "macros", "seeds"):
        shutil.copytree(settings.PACKAGED_PROJECT / part, folder / part)
    shutil.copyfile(
        settings.PACKAGED_PROJECT / "profiles.example.yml", folder / "profiles.example.yml"
    )
    text = (settings.PACKAGED_PROJECT / "dbt_project.yml").read_text()
    others = set(yaml.safe_load(text)["vars"]["metric_sources"]) - set(SOURCES)
    for source in others:
        text = text.replace(f"    - {source}\n", "")
    (folder / "dbt_project.yml").write_text(text)
    for seed in ("metrics", "mastery_weights"):
        _keep(folder, seed, lambda row: row["metric_source"] not in others)
    challenges = _keep(folder, "challenges", lambda row: row["metric_source"] in SOURCES)
    kept = {row["key"] for row in challenges}
    _keep(folder, "challenge_tiers", lambda row: row["challenge_key"] in kept)
    return folder


def _keep(
    folder: Path, seed: str, is_kept: Callable[[dict[str, str]], bool]
) -> list[dict[str, str]]:
    """Remove the other rows of a seed; returns those that are kept."""
    file = folder / "seeds" / f"{seed}.csv"
    with file.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    kept = [row for row in rows if is_kept(row)]
    with file.open("w", newline="") as lines:
        writer = csv.DictWriter(lines, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(kept)
    return kept


def measure(folder: Path) -> list[Figure]:
    """Full runs of the six metric sources and the script, in turn, in the database of
    HEDGE_DATABASE_URL: once into empty tables, then twice more, of which the faster one counts.

    Raises AssertionError where their rows differ.
    """
    psql = str(embedded_server.programs(settings.home() / "postgres") / "psql")
    os.environ["HEDGE_PROJECT"] = str(project(folder))
    ours: dict[str, float] = {}
    other: dict[str, float] = {}
    try:
        runs.deploy()
        for name in ("first", "daily", "daily"):
            run = runs.full()
            as_of = run.as_of.astimezone(UTC).isoformat()
            command = [psql, database.url(), "-q", "-v", f"as_of={as_of}", "-f", str(SCRIPT)]
            seconds, _ = timed(partial(subprocess.run, command, check=True, capture_output=True))
            ours[name] = min(run_seconds(run), ours.get(name, run_seconds(run)))
            other[name] = min(seconds, other.get(name, seconds))
    finally:
        del os.environ["HEDGE_PROJECT"]
    with psycopg.connect(database.url(), options=database.SESSION_OPTIONS) as connection:
        different = database.value(connection, DIFFERENT)
    if different:
        raise AssertionError(f"{different} rows of the script and of the run differ")
    return [
        Figure(
            f"full run of six sources, {name}",
            ours[name],
            other=other[name],
            against="one script by hand",
            most=1.3,
        )
        for name in ours
    ]
