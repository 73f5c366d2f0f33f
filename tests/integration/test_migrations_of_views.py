"""The migration that records which views an older version of Hedge has deployed."""

import psycopg

from hedge import versions


def test_a_migration_records_the_views_that_an_older_version_deployed(
    transaction: psycopg.Connection,
) -> None:
    """Only ordinary views of schema analytics which a model of that version created."""
    migration = (versions.MIGRATIONS / "0009-deployed-views.sql").read_text()
    transaction.execute(
        """
        truncate app.deployed_views;
        create schema elsewhere;
        create view elsewhere.weights as select 1 as one;
        drop view analytics.weights cascade;
        create table analytics.weights (one int);
        create view analytics.view_of_mine as select 1 as one
        """
    )
    transaction.execute(migration[migration.index("insert into app.deployed_views") :])
    recorded = {name for (name,) in transaction.execute("select name from app.deployed_views")}
    views = transaction.execute("select viewname from pg_views where schemaname = 'analytics'")
    newer = {
        "change_notes",
        "corrected_facts",
        "current_run",
        "days",
        "discord_accounts",
        "growing_metrics",
        "league_placings",
        "linked_wallets",
        "measurements",
        "metric_inputs",
        "metric_tables",
        "progress_at_ends",
        "supporting_facts",
        "unofficial_tournaments",
    }
    found = {
        name for (name,) in views if not name.startswith(("log_", "facts_of_", "suspects_of_"))
    }
    assert recorded == found - {"view_of_mine"} - newer
    assert len(recorded) > 50
