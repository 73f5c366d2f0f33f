"""The role that reads may read what the public routes of the service read, and nothing else."""

import re

from tests import PROJECT

#: The modules whose routes anybody may call, and the versions that /readyz looks at.
PUBLIC = (
    *(f"api/{name}.py" for name in ("app", "boards", "event_hub", "events", "explanations")),
    *(f"api/{name}.py" for name in ("metrics", "public", "public_boards", "public_clusters")),
    *("api/deployed.py", "api/past_ends.py", "api/metric_families.py", "api/readiness.py"),
    *("api/public_seasons.py", "api/response_cache.py", "api/pages/routes.py"),
    *("api/pages/reading.py", "api/pages/catalogue.py", "api/pages/profile.py"),
    *("api/pages/boards.py", "api/pages/board_files.py", "api/pages/comparing.py"),
    *("api/pages/search.py", "api/pages/seasons.py", "api/pages/history.py"),
    *("api/pages/sharing.py", "api/pages/readers.py", "hedge/versions.py"),
)
#: What is no relation of a query: who may do what is read by `hedge serve` at its start.
#: app.columns_of_files() reads a seed of chains, and app.progress_verified() and its like the last.
BESIDE = {
    *("app.database_roles", "analytics.chain_fact_columns"),
    *("app.verified", "app.cluster_buckets"),
}
#: Read by columns, because Discord accounts and rows of files are nobody's business.
BY_COLUMNS = {"app.players", "raw.rejected_rows"}

#: Security definers that only triggers call, with the rights of their owner.
OF_THE_OWNER = {"note_exclusion", "mark_boards_of_exclusion", "touch_excluded_fact"}

SCHEMAS = "app|analytics|raw|hedge_migrations|procrastinate"


def relations_of_public_queries() -> dict[str, set[str]]:
    """The relations that queries of public modules read, with the names of the queries."""
    files = {
        file.stem: file for folder in ("api", "hedge") for file in (PROJECT / folder).glob("sql/*")
    }
    found: dict[str, set[str]] = {}
    for module in PUBLIC:
        for name in re.findall(r'"([a-z_]+)"', (PROJECT / module).read_text()):
            if name in files:
                text = files[name].read_text()
                for relation in re.findall(rf"(?:from|join)\s+((?:{SCHEMAS})\.\w+\b)(?!\()", text):
                    found.setdefault(relation, set()).add(name)
    return found


def test_what_is_revoked_from_everybody_is_granted_to_the_roles_that_need_it() -> None:
    """A revoke of a function that is no security definer would have no effect: it is granted as all
    others are."""
    migrations = "\n".join(
        file.read_text() for file in sorted((PROJECT / "hedge/migrations").glob("*.sql"))
    )
    revoked = set(re.findall(r"^\s*revoke execute on function app\.(\w+)", migrations, re.M))
    given_back = set(re.findall(r"grant execute on function app\.(\w+)\(.*to public", migrations))
    definitions = dict(
        re.findall(
            r"create (?:or replace )?function app\.(\w+)\((.*?)\bas (?:\$\$|\$create\$)",
            migrations,
            re.S,
        )
    )
    callable_ones = {
        name for name in revoked - given_back if "returns trigger" not in definitions.get(name, "")
    }
    grants = (PROJECT / "hedge/sql/rights_grants.sql").read_text()
    (choice,) = re.findall(r"when procs\.prosecdef(.*?)else procs", grants, re.S)
    named = set(re.findall(r"'(\w+)'", choice)) - {"run", "load", "serve", "read"}
    assert len(named) > 5
    assert callable_ones - named == OF_THE_OWNER
    assert named - callable_ones == set()


def test_a_reader_is_granted_what_public_queries_read_and_no_more() -> None:
    text = (PROJECT / "hedge/sql/rights_grants.sql").read_text()
    granted = {
        f"{schema}.{name}" for schema, name in re.findall(r"\('read', '(\w+)', '(\w+)', ", text)
    }
    read = relations_of_public_queries()
    assert len(read) > 25
    lacking = {name: queries for name, queries in read.items() if name not in granted}
    assert lacking.keys() == BY_COLUMNS, lacking
    assert granted - read.keys() == BESIDE
