"""What the lineage of columns reads, where views are read through functions and rows as JSON."""

from hedge.analysis.lineage import without_functions
from tests.rendering import render


def test_the_metrics_of_a_row_that_is_read_as_json_are_its_columns() -> None:
    def read(source: str) -> str:
        metrics = render(
            f"{{{{ counted_metrics('cluster_id', '{source}', row_as_json('metrics')) }}}}", {}
        )
        return (
            f"select cluster_id, {metrics} as metrics"
            f' from "hedge"."analytics"."{source}_rows"(null, null) as metrics'
        )

    found = without_functions(
        f"{read('onchain_pvp')}\nunion all\n{read('onchain_pets')}",
        {
            "onchain_pvp": ["cluster_id", "window_key", "wins", "losses"],
            "onchain_pets": ["cluster_id", "window_key", "pets"],
        },
    )
    of_pvp, of_pets = found.split("union all")
    assert "to_jsonb" not in found
    assert of_pvp.count("concat(metrics.wins, metrics.losses)") == 2
    assert of_pvp.count('from "hedge"."analytics"."onchain_pvp" as metrics') == 1
    assert of_pets.count("concat(metrics.pets)") == 2
    assert "wins" not in of_pets
