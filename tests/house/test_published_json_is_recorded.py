"""What is published: the OpenAPI document and what commands take are as recorded, and no command or
route is left out of the recorded shapes of JSON (tests/published)."""

from functools import cache
from typing import Any

from api.app import create_app
from api.settings import Settings
from tests.command_line import commands
from tests.published import recorded, require_recorded

#: Routes that respond with a redirect to a browser and not with JSON.
NO_JSON = {"GET /auth/discord", "GET /auth/discord/callback", "GET /events"}
PROSE = {"description", "title", "example", "examples", "summary"}


def json_commands() -> set[str]:
    """The commands that have --json."""
    return {
        " ".join(path)
        for path, command in commands().items()
        if any("--json" in parameter.opts for parameter in command.params)
    }


def options() -> dict[str, dict[str, Any]]:
    """What each command takes: its arguments and options, each with its default value, and the
    least and the greatest number that it takes."""
    return {
        " ".join(path): {
            ", ".join([*parameter.opts, *parameter.secondary_opts]): {
                name: value if isinstance(value, int) else str(value)
                for name in ("default", "min", "max", "required", "multiple")
                if (value := getattr(parameter, name, None)) is not None and value is not False
            }
            for parameter in command.params
        }
        for path, command in commands().items()
    }


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document."""
    found: dict[str, Any] = create_app(Settings()).openapi_schema.to_schema()
    return found


def expanded(schema: Any, inside: tuple[str, ...] = ()) -> Any:
    """A schema with references replaced by what they name, and without prose."""
    if isinstance(schema, list):
        return [expanded(one, inside) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        assert name not in inside, "no schema contains itself"
        return expanded(document()["components"]["schemas"][name], (*inside, name))
    kept = {
        key: {name: expanded(one, inside) for name, one in value.items()}
        if key == "properties"
        else expanded(value, inside)
        for key, value in schema.items()
        if key not in PROSE
    }
    for key in kept.keys() & {"required", "oneOf", "enum"}:
        if isinstance(kept[key], list):
            kept[key] = sorted(kept[key], key=str)
    return kept


def operations() -> dict[str, Any]:
    """What each operation takes and responds with, by method and path."""
    return {
        f"{method.upper()} {path}": {
            "parameters": {
                f"{one['in']} {one['name']}": {
                    "required": one.get("required", False),
                    "schema": expanded(one.get("schema")),
                }
                for one in operation.get("parameters", [])
            },
            "body": expanded(operation.get("requestBody")),
            "answers": {
                # a problem has one shape everywhere, which answers.json has
                status: "problem"
                if "application/problem+json" in (answer.get("content") or {})
                else expanded(answer.get("content"))
                for status, answer in operation["responses"].items()
            },
        }
        for path, item in document()["paths"].items()
        for method, operation in item.items()
    }


def test_the_openapi_document_is_as_recorded() -> None:
    require_recorded("openapi", operations())


def test_the_options_of_commands_are_as_recorded() -> None:
    require_recorded("options", options())


def test_every_command_that_prints_json_is_recorded() -> None:
    found = {command.partition(" --")[0] for command in recorded("commands")}
    assert found == json_commands()


def test_a_success_of_every_route_is_recorded() -> None:
    succeeded = {
        route
        for route, answers in recorded("answers").items()
        if any(status.startswith("2") for status in answers)
    }
    assert succeeded == set(operations()) - NO_JSON
