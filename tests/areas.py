"""The areas of the product: which tests could notice a change of which files.

`make test AREA=boards` passes the tests of one area, `make test AREA=changed` those of every area
with a file that differs from the last commit. `make mutants` plants a mistake into a file and
passes the tests of its areas.
"""

import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatch

from tests import PROJECT


@dataclass(frozen=True)
class Area:
    """Patterns of files (`*` also matches folders) and of the modules under tests/ that could
    notice a change of them, quick ones first."""

    files: tuple[str, ...]
    tests: tuple[str, ...]


AREAS = {
    "metrics": Area(
        (
            "models/staging/*",
            "models/activity/*",
            "models/metrics/*",
            "models/progress/*",
            "macros/*.sql",
            "seeds/*",
            "tests/oracle/*",
        ),
        (
            "unit/test_oracle*",
            "integration/test_every_rule_at_its_boundary",
            "integration/test_ladders_at_every_threshold",
            "integration/test_boundaries_*",
            "integration/test_macros_of_expressions",
            "integration/test_what_cannot_happen",
            "integration/test_data_tests_notice",
            "integration/test_metrics_equal_the_oracle",
            "integration/test_real_input",
        ),
    ),
    "explain": Area(
        (
            "models/evidence/*",
            "hedge/analysis/explain.py",
            "hedge/sql/explain_*",
            "api/explanations.py",
            "cli/explain.py",
        ),
        ("integration/test_explain*", "in_process/test_*explanation*"),
    ),
    "scope": Area(
        (
            "models/scope/*",
            "models/staging/_sources.yml",
            "hedge/sql/runs_changed_clusters.sql",
            "hedge/migrations/0013-change-notes.sql",
            "hedge/migrations/0020-taking-changes.sql",
            "macros/in_scope.sql",
        ),
        (
            "integration/changes/test_*",
            "integration/test_the_scope_reaches_the_indexes",
        ),
    ),
    "marts": Area(
        (
            "macros/materializations/*",
            "macros/session_settings.sql",
            "macros/view_function.sql",
            "macros/create_next_tier.sql",
            "macros/windows_of_boards.sql",
            "models/progress/*",
            "models/seasons/*",
            "models/leaderboards/*",
        ),
        (
            "integration/test_what_a_run_writes_*",
            "integration/test_what_removed_facts_revoke",
            "integration/test_when_a_tier_was_reached",
            "integration/test_macros_of_*",
            "integration/test_unlocks_and_windows_at_their_edges",
            "integration/test_boundaries_of_windows",
            "integration/test_ladders_at_every_threshold",
            "integration/test_newer_computations_stand",
            "integration/test_data_tests_notice",
            "integration/test_a_failed_model_fails_the_run",
            "integration/test_a_full_run_equals_incremental_runs",
        ),
    ),
    "runs": Area(
        ("hedge/runs/*", "hedge/sql/runs_*", "hedge/sql/obsolete_*", "hedge/sql/unknown_*"),
        (
            "unit/test_dbt_errors",
            "integration/test_broken_projects",
            "unit/commands/test_etl",
            "integration/test_run_ledger",
            "integration/changes/test_runs_*",
            "integration/test_runs_and_deploys",
            "integration/test_newer_computations_stand",
            "integration/test_a_failed_model_fails_the_run",
            "integration/test_commands*",
            "integration/test_deploys_and_dbt_by_hand_are_harmless*",
        ),
    ),
    "queue": Area(
        ("hedge/queue/*", "hedge/sql/requests_*", "hedge/sql/worker_*"),
        (
            "integration/test_requests",
            "integration/test_worker",
            "acceptance/test_runs_are_never_lost",
        ),
    ),
    "boards": Area(
        (
            "models/leaderboards/*",
            "hedge/boards.py",
            "hedge/board_periods.py",
            "hedge/sql/board*",
            "hedge/migrations/0018-stale-boards.sql",
            "hedge/migrations/0020-taking-changes.sql",
            "api/boards.py",
            "api/admin/boards.py",
            "api/sql/board*",
            "api/sql/page_board*",
            "cli/boards.py",
            "macros/windows_of_boards.sql",
        ),
        (
            "unit/test_oracle_boards",
            "unit/commands/test_boards",
            "integration/boards/test_*",
            "in_process/test_stale_boards_are_shown",
            "integration/test_boards_entries",
            "integration/test_unlocks_and_windows_at_their_edges",
            "integration/test_metrics_equal_the_oracle",
            "in_process/test_lists_are_paged",
            "in_process/test_names_need_consent",
            "in_process/test_what_an_admin_does",
            "acceptance/test_pages",
        ),
    ),
    "seasons": Area(
        (
            "models/seasons/*",
            "hedge/seasons.py",
            "hedge/sql/seasons_*",
            "api/admin/seasons.py",
            "api/sql/*season*",
            "cli/seasons.py",
        ),
        (
            "unit/commands/test_seasons",
            "integration/test_season*",
            "integration/test_ladders_at_every_threshold",
            "integration/test_metrics_equal_the_oracle",
            "in_process/test_what_pages_count_of_seasons_and_boards",
            "in_process/test_what_an_admin_does",
            "acceptance/test_pages",
        ),
    ),
    "wallets": Area(
        (
            "hedge/wallets.py",
            "hedge/addresses.py",
            "hedge/signing.py",
            "hedge/sql/wallets_*",
            "api/sql/wallet*",
            "api/sql/cluster*",
            "api/sql/verification*",
            "api/accounts.py",
            "api/me.py",
            "api/admin/wallets.py",
            "cli/wallets.py",
        ),
        (
            "unit/test_signing",
            "integration/test_wallets*",
            "in_process/test_accounts",
            "in_process/test_*_wallets",
            "integration/test_cluster_ids",
            "acceptance/test_a_player*",
        ),
    ),
    "api": Area(
        (
            "api/*.py",
            "api/admin/*",
            "api/sql/*",
            "hedge/tokens.py",
            "hedge/progress.py",
            "hedge/sql/progress_*",
            "hedge/sql/token*",
        ),
        (
            "unit/test_service_settings",
            "unit/test_response_cache",
            "unit/test_problems",
            "integration/test_tokens_and_progress",
            "in_process/test_*",
            "integration/test_api*",
            "integration/test_published_answers",
            "acceptance/test_who_may_do_what",
            "acceptance/test_a_player*",
            "acceptance/test_nothing_breaks_it",
        ),
    ),
    "pages": Area(
        ("api/pages/*", "api/sql/page_*"),
        (
            "unit/test_pages_in_words",
            "in_process/test_*",
            "acceptance/test_forms",
            "acceptance/test_pages",
            "acceptance/test_pages_in_a_browser",
        ),
    ),
    "cli": Area(
        (
            "cli/*",
            "hedge/logs.py",
            "hedge/errors.py",
            "hedge/suggestions.py",
            "*known_names*",
            "*/reading*",
        ),
        (
            "unit/commands/test_*",
            "unit/test_suggestions",
            "integration/test_known_names",
            "integration/test_metrics_and_sql",
            "unit/test_logs",
            "integration/test_commands*",
            "integration/test_published_commands",
        ),
    ),
    "loading": Area(
        ("hedge/loading/*", "hedge/sql/load_*", "cli/load.py"),
        ("unit/sources/test_*", "integration/loading/test_*", "integration/test_real_input"),
    ),
    "migrations": Area(
        ("hedge/migrations/*",),
        (
            "integration/test_migrations_*",
            "integration/test_deploys_and_dbt_by_hand_are_harmless",
            "integration/test_what_cannot_happen",
        ),
    ),
    "preview": Area(
        (
            "hedge/analysis/__init__.py",
            "hedge/analysis/preview.py",
            "hedge/analysis/changes.py",
            "hedge/analysis/scratch.py",
            "hedge/sql/preview_*",
            "cli/preview.py",
            "cli/html_report.py",
        ),
        ("unit/test_preview_command", "integration/preview/test_*"),
    ),
    "calibration": Area(
        (
            "hedge/analysis/calibration.py",
            "hedge/analysis/edited_values.py",
            "hedge/analysis/relations.py",
            "hedge/analysis/metrics.py",
            "hedge/sql/metrics_*",
            "cli/metrics.py",
            "hedge/sql/calibration_*",
            "cli/tiers.py",
            "api/pages/calibration.py",
        ),
        ("integration/test_calib*", "*/preview/test_calib*", "*/test_metrics_and*", "*/test_pages"),
    ),
    "scaffold": Area(
        ("hedge/analysis/scaffold/*", "cli/new.py"),
        ("integration/test_scaffold*", "unit/test_scaffold*"),
    ),
    "documentation": Area(
        ("hedge/analysis/documentation.py", "cli/docs.py", "docs/*", "*.md"),
        ("house/test_documentation_is_complete", "integration/test_documentation*"),
    ),
    "project": Area(
        (
            "hedge/project/*",
            "hedge/settings.py",
            "hedge/catalogue/*",
            "hedge/__init__.py",
            "cli/init.py",
            "cli/catalogue.py",
            "cli/seeds.py",
            "dbt_project.yml",
            "seeds/_seeds.yml",
        ),
        (
            "unit/test_projects",
            "unit/test_*seed*",
            "unit/commands/test_seeds",
            "integration/test_broken_projects",
            "integration/test_commands*",
        ),
    ),
    "database": Area(
        (
            "hedge/database.py",
            "hedge/queries.py",
            "cli/db.py",
            "cli/connection.py",
            "profiles.example.yml",
        ),
        (
            "unit/commands/test_db_and_serve",
            "integration/test_database",
            "integration/test_commands*",
            "integration/test_records",
            "integration/test_the_oldest_server",
        ),
    ),
    "demo": Area(
        ("hedge/world/*", "hedge/sql/demo_*", "cli/demo.py"),
        ("unit/test_world", "integration/test_the_demo_world"),
    ),
    "packaging": Area(
        ("packaging/*", "pyproject.toml", "requirements/*", "Makefile", "mkdocs.yml"),
        ("house/test_packaging",),
    ),
    "bench": Area(("bench/*",), ("integration/test_the_demo_world",)),
    "tests": Area(
        ("tests/*.py", "tests/shifted_clock.c", "tests/mutants/*", "tests/sqlfluff_library/*"),
        ("unit/test_planted_mistakes", "unit/test_areas_and_clock", "integration/test_records"),
    ),
    "data-tests": Area(("tests/dbt/*",), ("integration/test_data_tests_notice",)),
    "rules": Area(
        ("models/*", "macros/*", "hedge/*", "api/*", "cli/*"),
        ("house/test_*",),
    ),
}


def modules(area: Area) -> list[str]:
    """The paths of an area's test modules, in the order of its patterns."""
    found: dict[str, None] = {}
    for pattern in area.tests:
        for path in sorted((PROJECT / "tests").glob(f"{pattern}.py")):
            found[str(path.relative_to(PROJECT))] = None
    return list(found)


def of_file(file: str) -> list[str]:
    """The areas that a file, by its path in the project, belongs to."""
    return [
        name
        for name, area in AREAS.items()
        if any(fnmatch(file, pattern) for pattern in area.files) or file in modules(area)
    ]


def modules_of_files(files: Iterable[str], without: Iterable[str] = ()) -> list[str]:
    """The test modules of all areas, save some, that any of the files belongs to."""
    names = dict.fromkeys(
        name for file in files for name in of_file(file) if name not in set(without)
    )
    return list(dict.fromkeys(module for name in names for module in modules(AREAS[name])))


def files_in_git(*options: str) -> list[str]:
    """The files of the project that git tracks; with options of git ls-files, others."""
    return _git("ls-files", *options)


def changed_files() -> list[str]:
    """The files that differ from the last commit, new ones included."""
    lines = _git("status", "--porcelain", "--untracked-files=all")
    return [line[3:].rpartition(" -> ")[2].strip('"') for line in lines]


def _git(*arguments: str) -> list[str]:
    """The lines that a git command prints."""
    return subprocess.run(
        ["git", *arguments], cwd=PROJECT, check=True, capture_output=True, text=True
    ).stdout.splitlines()


def main(name: str = "") -> None:
    """Print the test modules of an area, or of the areas of changed files; without a name,
    nothing, which is all tests to pytest."""
    if not name:
        return
    if name == "changed":
        found = modules_of_files(changed_files())
        if not found:
            sys.exit("no changed file belongs to an area")
    elif name in AREAS:
        found = modules(AREAS[name])
    else:
        sys.exit(f"there is no area {name}; there are: changed, {', '.join(AREAS)}")
    print(*found)


if __name__ == "__main__":
    main(*sys.argv[1:])
