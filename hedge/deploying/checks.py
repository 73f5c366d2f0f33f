"""The checks of a deploy: what is computed aside, and what is wrong with it."""

import re
from pathlib import Path

import psycopg

from hedge.deploying import aside as building
from hedge.deploying import facts, moves, other_inputs, sources
from hedge.deploying.aside import Aside
from hedge.errors import HedgeError, raise_faults
from hedge.queries import query
from hedge.runs import Report


def build_and_check(aside: Aside, report: Report | None, *, confirmed: bool) -> None:
    """Build an Aside and compute what is in it for all clusters. A HedgeError lists what is wrong,
    a line for each fault."""
    if not aside.built:
        return
    try:
        building.build(aside, report, compute=True)
    except HedgeError:
        raise_faults(_forbidden_functions(aside))
        # A mart fails when a source that it reads does. The source tells which value it was.
        check_sources(aside, report)
        raise
    raise_faults(_forbidden_functions(aside))
    large = check_sources(aside, report)
    if not confirmed:
        moves.require_confirmed([*large, *moves.of_tiers(aside)])


def _forbidden_functions(aside: Aside) -> list[str]:
    """Calls of functions in changed models that make two computations differ, as sentences."""
    nodes = aside.new.manifest.nodes
    changed = {
        nodes[key].name: nodes[key] for key in aside.changed if nodes[key].resource_type == "model"
    }
    views: dict[str, str] = dict(
        aside.connection.execute(query("deploy_view_texts"), {"schema": aside.schema}).fetchall()
    )
    # The definition of a view has the text of its macros; of a mart there is none.
    texts = {name: views.get(name, node.raw_code) for name, node in changed.items()}
    found = aside.connection.execute(
        query("deploy_forbidden_functions"),
        {"names": list(texts), "texts": list(texts.values())},
    ).fetchall()
    return [
        *(
            f"{place_of_text(aside.new.folder, changed[name].file, function)}: "
            f"{name} calls {function}, which differs from one computation to the next: read the "
            "time from app.as_of(), and leave nothing to chance"
            for name, function in found
        ),
        *_named_windows(aside, {name: views[name] for name in changed if name in views}),
    ]


def _named_windows(aside: Aside, views: dict[str, str]) -> list[str]:
    """Metric sources on facts, and activity models, that name a window, as sentences: they have no
    rows for others, and the boards of a month would be empty."""
    nodes = aside.new.manifest.nodes
    found = []
    for name, definition in views.items():
        path = nodes[f"model.hedge.{name}"].file
        named = re.search(r"window_key = '([^']*)'|'([^']*)'(::text)? AS window_key", definition)
        if named and Path(path).parent.name in ("metrics", "activity"):
            window = named[1] or named[2]
            found.append(
                f"{place_of_text(aside.new.folder, path, window)}: {name} names the window "
                f"{window}: compute every window alike, with window_key of the activity model"
            )
    return found


def check_sources(aside: Aside, report: Report | None) -> list[str]:
    """Compute the metric sources of an Aside, and check their values; of those whose evidence alone
    is edited, whether the facts that it names can add up to them. A HedgeError lists the faults;
    returns the large moves, as sentences."""
    connection = aside.connection
    building.use_as_of(connection, aside.as_of, bounded=True)
    faults: list[str] = []
    large: list[str] = []
    derived = aside.new.variables["derived_metric_sources"]
    event_times = {
        source.identifier: source.event_time
        for source in aside.new.manifest.sources.values()
        if source.schema == "raw"
        and source.event_time
        # the newest version of a hero tells its genes, in every window
        and source.meta.get("counts_in") != "every window"
    }
    try:
        connection.execute(query("deploy_windows"))
        found = aside.sources()
        for done, source in enumerate(found):
            if report is not None:
                report(f"checking {source.name}", done, len(found))
            if not _exists(connection, source):
                continue
            if source.name in derived and faults:
                # It reads what is wrong.
                break
            sources.compute(connection, source)
            of_source = sources.value_faults(connection, source, is_derived=source.name in derived)
            large += moves.of_source(aside, source)
            if source.name not in derived:
                of_source = of_source or facts.faults(aside, source)
                of_source = of_source or other_inputs.faults(
                    connection, source, aside.as_of, event_times
                )
                building.use_as_of(connection, aside.as_of, bounded=True)
            faults += of_source
        for source in facts.with_other_evidence(aside):
            sources.compute(connection, source)
            faults += facts.faults(aside, source)
    finally:
        if not connection.broken:
            building.use_as_of(connection, None, bounded=False)
    raise_faults(faults)
    return large


def _exists(connection: psycopg.Connection, source: sources.Source) -> bool:
    """Whether the view was built before something else failed."""
    found = connection.execute("select to_regclass(%s)", [f"{source.schema}.{source.name}"])
    return found.fetchone() != (None,)


def place_of_text(project: Path, path: str, text: str) -> str:
    """`file:line` of the first line of a file that has a text, or `file` where none has it, as when
    a macro wrote it."""
    word = re.compile(rf"\b{re.escape(text.removesuffix('()'))}\b", re.IGNORECASE)
    lines = (project / path).read_text().splitlines()
    numbers = [number for number, line in enumerate(lines, start=1) if word.search(line)]
    return f"{path}:{numbers[0]}" if numbers else path
