"""Mistakes of analysts, and the sentence that a deploy to the demo world refuses each with.

docs/analysts.md has them as a table: `python -m tests.integration.deploying.mistakes` writes it.
"""

from collections.abc import Callable
from pathlib import Path

from tests import PROJECT
from tests.integration.deploying.mistakes_of_files import OF_FILES, PVP, UNPARSED, Mistake, replaced
from tests.support import edit

MATCHES = "models/activity/pvp_matches"
#: A cluster of the demo world, the only one with so many matches over all time.
MOST = "sum(matches_played) = 250"


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
        "models/metrics/onchain_pvp.sql:49: onchain_pvp.odd cannot be computed for cluster "
        "demo-0004: integer out of range",
    ),
    Mistake(
        "NaN",
        metric(f"case when {MOST} then 'NaN'::numeric else 1 end"),
        "models/metrics/onchain_pvp.sql:49: onchain_pvp.odd has NaN for cluster demo-0033 in "
        "the window all_time: a metric is a finite number (and 1 more such rows)",
    ),
    Mistake(
        "infinity",
        metric(f"case when {MOST} then 'Infinity'::numeric else 1 end"),
        "models/metrics/onchain_pvp.sql:49: onchain_pvp.odd has Infinity for cluster "
        "demo-0033 in the window all_time: a metric is a finite number (and 1 more such rows)",
    ),
    Mistake(
        "1e400",
        metric(f"case when {MOST} then 1e400 else 1 end"),
        "models/metrics/onchain_pvp.sql:49: onchain_pvp.odd has 1.00e+400 for cluster "
        "demo-0033 in the window all_time: progress holds numbers below 1e54 (and 1 more "
        "such rows)",
    ),
    Mistake(
        "a counter below zero",
        metric("sum(wins) - 100", "numeric"),
        "models/metrics/onchain_pvp.sql:49: onchain_pvp.odd has -66 for cluster demo-0006 in "
        "the window season:season_1_awakening: a metric is never below zero (and 474 more "
        "such rows)",
    ),
    Mistake(
        "a metric that is always null",
        metric("null::numeric"),
        "models/metrics/onchain_pvp.sql:49: onchain_pvp.odd has no value for any cluster: "
        "all 483 rows are null",
    ),
    Mistake(
        "two rows for a cluster and window",
        last_select(
            "select metrics.* from metrics\n"
            "cross join generate_series(1, 1 + (matches_played >= 200)::integer)"
        ),
        "models/metrics/onchain_pvp.sql: onchain_pvp has 2 rows for cluster demo-0006 and "
        "window all_time: group by cluster_id and window_key, once, in the last step (and 5 "
        "more such rows)",
    ),
    Mistake(
        "a join that repeats rows",
        metric("3 * sum(matches_played)", "numeric", COUNTS_MATCHES),
        "models/metrics/onchain_pvp.sql:49: onchain_pvp.odd is 750 for cluster demo-0033, "
        "which has 250 facts of pvp_matches: a join repeats rows, or the evidence in "
        "models/metrics/onchain_pvp.yml does not say what counts",
    ),
    Mistake(
        "`limit 10`",
        last_select("select * from metrics limit 10"),
        "models/metrics/onchain_pvp.sql:47: onchain_pvp.best_win_streak of cluster demo-0139 "
        "is no row among all clusters, and 1 where only 24 are computed: the rows of a "
        "cluster must not depend on others (limit, rank, a share of a total)",
    ),
    Mistake(
        "a rank among all clusters",
        metric("rank() over (partition by window_key order by sum(wins))", "bigint"),
        "models/metrics/onchain_pvp.sql:49: onchain_pvp.odd of cluster demo-0034 is 136 "
        "among all clusters, and 21 where only 24 are computed: the rows of a cluster must "
        "not depend on others (limit, rank, a share of a total)",
    ),
    Mistake(
        "`random()`",
        metric("sum(wins) + (random() * 0)::integer"),
        "models/metrics/onchain_pvp.sql:49: onchain_pvp calls random(), which differs from "
        "one computation to the next: read the time from app.as_of(), and leave nothing to "
        "chance",
    ),
    Mistake(
        "`now()`",
        metric("round(extract(epoch from now()))"),
        "models/metrics/onchain_pvp.sql:49: onchain_pvp calls now(), which differs from one "
        "computation to the next: read the time from app.as_of(), and leave nothing to chance",
    ),
    Mistake(
        "`current_date`",
        metric("extract(year from current_date)"),
        "models/metrics/onchain_pvp.sql:49: onchain_pvp calls current_date, which differs "
        "from one computation to the next: read the time from app.as_of(), and leave nothing "
        "to chance",
    ),
    Mistake(
        "a window that is constant",
        last_select(
            "select cluster_id, 'all_time' as window_key, matches_played, wins,\n"
            "    best_win_streak, flawless_victory\nfrom metrics\nwhere window_key = 'all_time'"
        ),
        "models/metrics/onchain_pvp.yml: the unit test ...",
    ),
    Mistake(
        "one window only",
        replaced(
            f"{PVP}.sql",
            "    where is_ranked\n",
            "    where is_ranked\n        and (window_key = 'all_time' or window_key is null)\n",
        ),
        "models/metrics/onchain_pvp.sql:8: onchain_pvp names the window all_time: compute "
        "every window alike, with window_key of the activity model",
    ),
    Mistake(
        "facts after the as-of instant",
        replaced(
            "models/activity/discord_interactions.sql",
            "\n        and interactions.occurred_at < windows.ends_at",
            "",
        ),
        "models/metrics/behavior_events.sql:61: behavior_events.active_days of cluster "
        "demo-0064 as of 2026-10-25 is 187, and 180 without the facts after that instant: "
        "read facts before the end of the window only",
    ),
    Mistake(
        "a metric that a board ranks by is renamed",
        renamed("best_win_streak", "longest_win_streak"),
        "board lb_pvp_daily_wins ranks by onchain_pvp.best_win_streak, which the project "
        "lacks: name its new name in seeds/renames.csv; or keep that metric, add the new one "
        "beside it and deploy both; then change the board (hedge boards edit lb_pvp_daily_wins "
        "--metric SOURCE.METRIC) or end it (hedge boards edit lb_pvp_daily_wins --inactive), and "
        "remove the old metric with the next deploy",
    ),
    Mistake(
        "a unit test that fails",
        replaced(f"{PVP}.sql", "sum(wins)::bigint as wins", "2 * sum(wins)::bigint as wins"),
        "models/metrics/onchain_pvp.yml: the unit test ...",
    ),
    Mistake(
        "a data test that fails",
        lambda project: [
            metric("sum(wins)")(project),
            (project / "tests" / "dbt" / "nobody_is_odd.sql").write_text(
                "select * from {{ ref('onchain_pvp') }} where odd > 100\n"
            ),
        ],
        "tests/dbt/nobody_is_odd.sql: the data test nobody_is_odd fails: Got 6 results, "
        "configured to fail if != 0",
    ),
    Mistake(
        "a value that falls for many",
        replaced(
            f"{PVP}.sql",
            "sum(matches_played)::bigint as matches_played",
            "least(sum(matches_played), 7)::bigint as matches_played",
        ),
        "models/metrics/onchain_pvp.sql:45: onchain_pvp.matches_played falls for 160 of 300 "
        "clusters",
    ),
    Mistake(
        "a threshold that takes a tier from many",
        replaced(
            "seeds/challenge_tiers.csv",
            "arena_challenger,BASIC,Basic,5,",
            "arena_challenger,BASIC,Basic,24,",
        ),
        "the tier of arena_challenger falls for 90 of 300 clusters",
    ),
    Mistake(
        "a computation of minutes",
        metric("(select count(*) from generate_series(1, 100000000))", "bigint"),
        "models/metrics/onchain_pvp.sql: onchain_pvp was not computed within 2 s for all "
        "clusters: make it faster, allow it more time (HEDGE_COMPUTE_TIMEOUT), or deploy it "
        "without this check (--no-compute)",
    ),
    Mistake(
        "a column that does not exist",
        replaced(f"{PVP}.sql", "max(wins) as", "max(winz) as"),
        'models/metrics/onchain_pvp.sql:47: column "winz" does not exist; Perhaps you '
        'meant to reference the column "runs.wins". At: max(winz) as best_win_streak, (in '
        "the unit test...",
    ),
    Mistake(
        "a type that is not the one in the YAML",
        metric("'many'::text", "numeric"),
        "models/metrics/onchain_pvp.sql: column odd is TEXT in the SQL and DECIMAL in the "
        "contract in models/metrics/onchain_pvp.yml: cast it in the last select, or change "
        "its data_type",
    ),
]
#: Those that need no live server, in the order of the page.
OTHERS = [*UNPARSED, *OF_FILES]


def table() -> str:
    """The table of docs/analysts.md."""
    rows = [f"| {one.what} | `{one.sentence}` |" for one in (*MISTAKES, *OTHERS)]
    return "\n".join(["| mistake | what a deploy says |", "|---|---|", *rows])


BEGIN, END = "<!-- mistakes -->\n", "<!-- end of mistakes -->\n"
PAGE = PROJECT / "docs" / "analysts.md"

if __name__ == "__main__":
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{table()}\n\n{END}{rest.partition(END)[2]}")
