"""From when on raw tables are stale: as dbt reads it."""

import psycopg

from hedge import settings
from hedge.project import archives, thresholds
from hedge.runs import dbt


def test_the_thresholds_are_those_that_dbt_reads(transaction: psycopg.Connection) -> None:
    project = settings.project()
    found = thresholds.of_archive(archives.pack(project))
    seconds = {"minute": 60, "hour": 3600, "day": 86_400}
    expected = {}
    for source in dbt.parse(project).manifest.sources.values():
        if source.error_after and source.loaded_at_field:
            count, unit = source.error_after.split()
            expected[source.name] = int(count) * seconds[unit.removesuffix("s")]
    assert len(expected) > 20
    assert found == expected
