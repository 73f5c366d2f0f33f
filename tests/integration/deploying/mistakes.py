"""Mistakes of analysts, and the sentence that a deploy to the demo world refuses each with.

docs/analysts.md has them as a table: `python -m tests.integration.deploying.mistakes` writes it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests import PROJECT
from tests.integration.deploying import edit

PVP = "models/metrics/onchain_pvp"
MATCHES = "models/activity/pvp_matches"
#: A cluster of the demo world, the only one with so many matches over all time.
MOST = "sum(matches_played) = 250"


@dataclass(frozen=True)
class Mistake:
    """An edit of the project, in words and as a function of its folder, and the first line of the
    error that it gets."""

    what: str
    make: Callable[[Path], None]
    sentence: str


def replaced(file: str, old: str, new: str) -> Callable[[Path], None]:
    """Replace a text in a file of the project."""
    return lambda project: edit(project / file, old, new)


def repeated(file: str, line: int) -> Callable[[Path], None]:
    """Repeat a line of a seed at its end."""

    def make(project: Path) -> None:
        path = project / "seeds" / file
        text = path.read_text()
        path.write_text(f"{text}{text.splitlines()[line - 1]}\n")

    return make


def metric(expression: str, type: str = "numeric", evidence: str = "") -> Callable[[Path], None]:
    """Add the metric odd to onchain_pvp."""

    def make(project: Path) -> None:
        edit(
            project / f"{PVP}.sql",
            "        bool_or(is_flawless) as flawless_victory\n",
            f"        bool_or(is_flawless) as flawless_victory,\n        {expression} as odd\n",
        )
        edit(
            project / f"{PVP}.yml",
            "\nunit_tests:",
            f"      - name: odd\n        data_type: {type}\n        description: Odd. Unit odds.\n"
            f"{evidence}\nunit_tests:",
        )
        with (project / "seeds" / "metrics.csv").open("a") as seed:
            seed.write("onchain_pvp,odd,counter,in the window,odds,Odd\n")

    return make


def last_select(query: str) -> Callable[[Path], None]:
    """End onchain_pvp with another query."""
    return replaced(f"{PVP}.sql", "\nselect * from metrics\n", f"\n{query}\n")


def renamed(old: str, new: str) -> Callable[[Path], None]:
    """Rename a metric of onchain_pvp everywhere."""

    def make(project: Path) -> None:
        for file in project.rglob("*"):
            if file.suffix in (".sql", ".yml", ".csv") and old in (text := file.read_text()):
                file.write_text(text.replace(old, new))

    return make


COUNTS_MATCHES = (
    "        config:\n          meta:\n            evidence:\n              facts: pvp_matches\n"
)

MISTAKES = [
    Mistake(
        "division by zero for one cluster",
        metric("round(1.0 / (sum(matches_played) - 250), 6)"),
        "models/metrics/onchain_pvp.sql:49: onchain_pvp.odd cannot be computed for cluster "
        "demo-0033: division by zero",
    ),
    Mistake(
        "a number too large for its type, for one cluster",
        metric(f"case when {MOST} then 100000 * 100000 else 1 end", "integer"),
        "",
    ),
    Mistake("NaN", metric(f"case when {MOST} then 'NaN'::numeric else 1 end"), ""),
    Mistake("infinity", metric(f"case when {MOST} then 'Infinity'::numeric else 1 end"), ""),
    Mistake("1e400", metric(f"case when {MOST} then 1e400 else 1 end"), ""),
    Mistake("a counter below zero", metric("sum(wins) - 100", "numeric"), ""),
    Mistake("a metric that is always null", metric("null::numeric"), ""),
    Mistake(
        "two rows for a cluster and window",
        last_select(
            "select metrics.* from metrics\n"
            "cross join generate_series(1, 1 + (matches_played >= 200)::integer)"
        ),
        "",
    ),
    Mistake(
        "a join that repeats rows",
        metric("3 * sum(matches_played)", "numeric", COUNTS_MATCHES),
        "",
    ),
    Mistake("`limit 10`", last_select("select * from metrics limit 10"), ""),
    Mistake(
        "a rank among all clusters",
        metric("rank() over (partition by window_key order by sum(wins))", "bigint"),
        "",
    ),
    Mistake("`random()`", metric("sum(wins) + (random() * 0)::integer"), ""),
    Mistake("`now()`", metric("round(extract(epoch from now()))"), ""),
    Mistake("`current_date`", metric("extract(year from current_date)"), ""),
    Mistake(
        "a window that is constant",
        last_select(
            "select cluster_id, 'all_time' as window_key, matches_played, wins,\n"
            "    best_win_streak, flawless_victory\nfrom metrics\nwhere window_key = 'all_time'"
        ),
        "",
    ),
    Mistake(
        "one window only",
        replaced(
            f"{PVP}.sql",
            "    where is_ranked\n",
            "    where is_ranked\n        and (window_key = 'all_time' or window_key is null)\n",
        ),
        "",
    ),
    Mistake(
        "facts after the as-of instant",
        replaced(
            "models/activity/discord_interactions.sql",
            "\n        and interactions.occurred_at < windows.ends_at",
            "",
        ),
        "",
    ),
    Mistake(
        "a metric that a board ranks by is renamed",
        renamed("best_win_streak", "longest_win_streak"),
        "",
    ),
    Mistake("a line of metrics.csv twice", repeated("metrics.csv", 3), ""),
    Mistake("a line of mastery_weights.csv twice", repeated("mastery_weights.csv", 2), ""),
    Mistake("a line of relic_items.csv twice", repeated("relic_items.csv", 2), ""),
    Mistake(
        "a weight below zero",
        replaced(
            "seeds/mastery_weights.csv",
            "summoning_prestige_score,onchain_summoning,mythmaker_count,5",
            "summoning_prestige_score,onchain_summoning,mythmaker_count,-5",
        ),
        "",
    ),
    Mistake(
        "a unit test that fails",
        replaced(f"{PVP}.sql", "sum(wins)::bigint as wins", "2 * sum(wins)::bigint as wins"),
        "",
    ),
    Mistake(
        "a data test that fails",
        lambda project: [
            metric("sum(wins)")(project),
            (project / "tests" / "dbt" / "nobody_is_odd.sql").write_text(
                "select * from {{ ref('onchain_pvp') }} where odd > 100\n"
            ),
        ],
        "",
    ),
    Mistake(
        "a value that falls for many",
        replaced(
            f"{PVP}.sql",
            "sum(matches_played)::bigint as matches_played",
            "least(sum(matches_played), 7)::bigint as matches_played",
        ),
        "",
    ),
    Mistake(
        "a threshold that takes a tier from many",
        replaced(
            "seeds/challenge_tiers.csv",
            "arena_challenger,BASIC,Basic,5,",
            "arena_challenger,BASIC,Basic,24,",
        ),
        "",
    ),
    Mistake(
        "a computation of minutes",
        metric("(select count(*) from generate_series(1, 100000000))", "bigint"),
        "",
    ),
    Mistake(
        "a column that does not exist",
        replaced(f"{PVP}.sql", "max(wins) as", "max(winz) as"),
        "",
    ),
    Mistake(
        "a type that is not the one in the YAML",
        metric("'many'::text", "numeric"),
        "",
    ),
]


def table() -> str:
    """The table of docs/analysts.md."""
    rows = [f"| {one.what} | `{one.sentence}` |" for one in MISTAKES]
    return "\n".join(["| mistake | what a deploy says |", "|---|---|", *rows])


BEGIN, END = "<!-- mistakes -->\n", "<!-- end of mistakes -->\n"
PAGE = PROJECT / "docs" / "analysts.md"

if __name__ == "__main__":
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{table()}\n\n{END}{rest.partition(END)[2]}")
