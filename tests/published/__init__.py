"""The recorded shapes of published JSON, and how values are compared with them.

commands.json is what `--json` prints, answers.json what the API responds with, openapi.json what
the API documents, and options.json what commands take, with types and defaults. A test fails where
a key is added, removed, renamed or has another type. Where
a change is meant, record it, review the difference, and name it in CHANGELOG.md:

    HEDGE_RECORD_PUBLISHED=1 .venv/bin/python -m pytest tests/integration tests/house -k published
"""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
PROJECT = FOLDER.parents[1]
#: Objects whose keys are data: the columns that identify a fact.
OPEN = {"natural_key", "naturalKey"} | {"old_values", "new_values", "oldValues", "newValues"}
#: Events on their way to a webhook: one that arrived, one that was given up, one that waits.
DELIVERIES = """
insert into app.webhook_deliveries
(webhook_id, event_id, state, attempts, attempted_at, http_status, error)
select min(webhooks.webhook_id), events.event_id, 'DELIVERED', 1, now(), 204, null
from app.events cross join app.webhooks
group by events.event_id
order by events.event_id;
update app.webhook_deliveries
set state = 'FAILED', attempts = 10, http_status = 500, error = 'it did'
where event_id = (select event_id from app.events order by event_id desc offset 1 limit 1);
update app.webhook_deliveries
set state = 'WAITING', attempts = 0, attempted_at = null, http_status = null
where event_id = (select max(event_id) from app.events)
"""
HOW_TO_RECORD = "\nIf the change is meant, record it as tests/published/__init__.py says."


def shape(values: Sequence[Any], name: str = "") -> Any:
    """The JSON types that values of one name have together, with the keys of objects.

    Several scalar types are joined by |, an array is a list with the shape of all elements, and a
    key that not every object has ends in ?.
    """
    scalars = {_scalar(value) for value in values if not isinstance(value, list | dict)}
    arrays = [value for value in values if isinstance(value, list)]
    objects = [value for value in values if isinstance(value, dict)]
    alternatives: list[Any] = ["|".join(sorted(scalars))] if scalars else []
    if arrays:
        alternatives.append([shape([element for array in arrays for element in array])])
    if objects:
        alternatives.append("object with other keys" if name in OPEN else _members(objects))
    match alternatives:
        case []:
            return "nothing"
        case [one]:
            return one
    return {"one of": alternatives}


def _scalar(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
    raise AssertionError(value)


def _members(objects: list[dict[str, Any]]) -> dict[str, Any]:
    members = {}
    for key in sorted({key for one in objects for key in one}):
        values = [one[key] for one in objects if key in one]
        members[key if len(values) == len(objects) else f"{key}?"] = shape(values, key)
    return members


def recorded(name: str) -> dict[str, Any]:
    """The recorded shapes of a file in this folder, by command or route."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return found


def require_recorded(name: str, found: dict[str, Any]) -> None:
    """Compare shapes with the recorded ones; record them where HEDGE_RECORD_PUBLISHED is set."""
    if os.environ.get("HEDGE_RECORD_PUBLISHED"):
        text = json.dumps(found, indent=1, sort_keys=True) + "\n"
        (FOLDER / f"{name}.json").write_text(text)
    changes = list(differences(recorded(name), found))
    assert not changes, "\n".join([f"what is published changed ({name}.json):", *changes]) + (
        HOW_TO_RECORD
    )


def example(value: Any) -> Any:
    """A value with the first element of each list."""
    if isinstance(value, list):
        return [example(one) for one in value[:1]]
    if isinstance(value, dict):
        return {key: example(one) for key, one in value.items()}
    return value


def require_examples(bodies: dict[str, Any], answers: dict[str, list[Any]]) -> None:
    """Compare the examples of the OpenAPI document with what routes took and successfully
    responded with: an example has the shape of the responses. They are recorded, too."""
    file = PROJECT / "api" / "openapi" / "examples.json"
    if os.environ.get("HEDGE_RECORD_PUBLISHED"):
        found = {
            route: ({"body": bodies[route]} if route in bodies else {})
            | ({} if values[0] == "nothing" else {"answer": example(values[0])})
            for route, values in answers.items()
        }
        file.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
    examples: dict[str, Any] = json.loads(file.read_text())
    assert examples.keys() == answers.keys(), HOW_TO_RECORD
    for route, values in answers.items():
        given = examples[route].get("answer", "nothing")
        assert shape([given, *values]) == shape(values), f"{route} {HOW_TO_RECORD}"
        assert ("body" in examples[route]) == (route in bodies), f"{route} {HOW_TO_RECORD}"


def differences(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """The differences of two shapes, as sentences with the path of what differs."""
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            inside = f"{path} > {key}" if path else key
            if key not in after:
                yield f"{inside}: was removed"
            elif key not in before:
                yield f"{inside}: was added"
            else:
                yield from differences(before[key], after[key], inside)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after) == 1:
        yield from differences(before[0], after[0], f"{path} > []")
    else:
        yield f"{path}: was {json.dumps(before)}, is {json.dumps(after)}"
