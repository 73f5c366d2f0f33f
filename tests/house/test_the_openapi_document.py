"""The OpenAPI document as generators of clients read it: names, descriptions, examples."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema
import msgspec
import pytest

from api.app import create_app
from api.described import EXPOSED, TAGS, description, examples, table
from api.settings import Settings

PUBLIC = {"boards", "seasons", "challenges", "clusters", "events", "sign-in", "service"}


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document."""
    written = msgspec.json.encode(create_app(Settings()).openapi_schema.to_schema())
    found: dict[str, Any] = msgspec.json.decode(written)
    return found


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation with its method and path."""
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def test_the_document_is_the_same_each_time() -> None:
    """Whatever other applications the process has created."""
    again = msgspec.json.encode(create_app(Settings()).openapi_schema.to_schema())
    schemas = document()["components"]["schemas"]
    for name, schema in msgspec.json.decode(again)["components"]["schemas"].items():
        assert schema == schemas[name], name
    assert msgspec.json.decode(again) == document()


OPERATIONS = [f"{method} {path}" for method, path, _ in operations()]


def operation_of(route: str) -> dict[str, Any]:
    """An operation by its method and path."""
    method, path = route.split()
    found: dict[str, Any] = document()["paths"][path][method.lower()]
    return found


def test_every_schema_has_a_title_of_its_own() -> None:
    schemas = document()["components"]["schemas"]
    titles = [schema["title"] for schema in schemas.values()]
    assert sorted(titles) == sorted(schemas) == sorted(set(titles))
    assert len(titles) > 50
    # none that a library has composed
    assert [title for title in titles if not re.fullmatch("[A-Z][A-Za-z]+", title)] == []
    for name, schema in schemas.items():
        assert schema.get("description") or not name.startswith("PageOf"), name


def test_every_operation_reads_as_a_function() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(set(names)) == len(names) == len(OPERATIONS)
    assert [name for name in names if not re.fullmatch("[a-z]+([A-Z][a-z]+)*", name)] == []
    listed = [route for routes in table("operations").values() for route in routes]
    assert sorted(listed) == sorted(OPERATIONS)
    assert [tag["name"] for tag in document()["tags"]] == list(TAGS)


def test_every_property_and_parameter_is_described() -> None:
    used = set()
    for name, schema in document()["components"]["schemas"].items():
        for key, one in schema.get("properties", {}).items():
            assert re.search(r"\w.*\.$", one["description"]), f"{key} of {name}"
            used |= {(name, key), ("any", key)}
    for method, path, operation in operations():
        for parameter in operation.get("parameters", []):
            assert re.search(r"\w.*\.$", parameter["description"]), (method, path, parameter)
            used.add(("parameters", parameter["name"]))
    with pytest.raises(
        LookupError, match=r"properties\.toml does not describe unheardOf of Season"
    ):
        description("Season", "unheardOf")
    # and nothing else is
    lines = {(of, key) for of, keys in table("properties").items() for key in keys}
    assert lines - used == set()


def test_an_answer_has_all_of_its_properties() -> None:
    """A client need not ask whether there is one; only `me` is there when it is asked for."""
    optional = {
        (name, key)
        for name, schema in document()["components"]["schemas"].items()
        for key in schema.get("properties", {}).keys() - set(schema.get("required", []))
    }
    sent = {"NewWallet", "MyChanges", "NewWeight", "GivenPeriod", "BoardChanges", "SeasonChanges"}
    sent |= {"NewWebhook", "GivenBoard", "NewRewardDefinition", "RewardDecision"}
    sent |= {"NewAdminExclusion", "EndOfExclusion", "AcceptedSuspect"}
    both = {"AdminBoard", "AdminSeason", "ListedBoard", "AdminBoardRun", "NewestBoardRun"}
    both |= {"BoardKey"}
    assert {one for one in optional if one[0] not in sent | both} == {("Standing", "me")}


@pytest.mark.parametrize("route", OPERATIONS)
def test_an_operation_says_who_may_call_it(route: str) -> None:
    operation = operation_of(route)
    (tag,) = operation["tags"]
    player = [{"session": []}, {"token": []}]
    if tag == "admin":
        wanted = [{"token": []}]
    elif tag == "me":
        wanted = player
    elif "{challenge}" in route or route.endswith("/latest"):
        wanted = [{}, *player]
    else:
        wanted = []
        assert tag in PUBLIC
    assert operation["security"] == wanted
    names = {one["name"] for one in operation.get("parameters", []) if one["in"] == "header"}
    assert ("X-Discord-Id" in names) == ({"session": []} in wanted)


@pytest.mark.parametrize("route", OPERATIONS)
def test_an_answer_names_its_headers(route: str) -> None:
    operation = operation_of(route)
    is_list = "after" in {one["name"] for one in operation.get("parameters", [])}
    for status, answer in operation["responses"].items():
        headers = set(answer["headers"])
        assert "X-Request-Id" in headers
        assert ("Link" in headers) == (is_list and status < "400")
        assert ("Retry-After" in headers) == (status in ("429", "503"))
        assert headers - {"Location", "location", "Set-Cookie"} <= set(EXPOSED)


@pytest.mark.parametrize("route", OPERATIONS)
def test_an_example_is_what_the_schema_says(route: str) -> None:
    """Of every operation that answers with JSON, and of every body."""
    operation = operation_of(route)
    given = examples().get(route, {})
    bodies = operation.get("requestBody", {}).get("content", {})
    for media in bodies.values():
        if "body" in given:
            validate(given["body"], media)
        else:
            assert not operation["requestBody"].get("required"), "no example of the body"
    for status, answer in operation["responses"].items():
        for kind, media in answer.get("content", {}).items():
            if status < "300" and kind == "application/json":
                validate(given["answer"], media)


def validate(value: Any, media: dict[str, Any]) -> None:
    """Refuse an example that is not what its schema says, with a property more or less."""
    assert media["example"] == value
    schema = {"components": document()["components"], **media["schema"]}
    jsonschema.Draft202012Validator(schema).validate(value)
    closed(value, media["schema"])


def closed(value: Any, schema: dict[str, Any]) -> None:
    """Refuse keys that no schema names."""
    if "$ref" in schema:
        schema = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for one in schema.get("oneOf", []):
        if one.get("type") == ("array" if isinstance(value, list) else None):
            closed(value, one)
    if isinstance(value, list) and "items" in schema:
        for element in value:
            closed(element, schema["items"])
    elif isinstance(value, dict) and "properties" in schema:
        assert value.keys() <= schema["properties"].keys()
        for key, inside in value.items():
            closed(inside, schema["properties"][key])


def test_no_schema_has_a_list_of_its_own_name() -> None:
    """openapi-python-client names a variable of a model by the model: it would be two things."""
    schemas = document()["components"]["schemas"]
    assert len(schemas) > 50
    for name, schema in schemas.items():
        same = schema.get("properties", {}).get(name[0].lower() + name[1:], {})
        assert same.get("type") not in ("array", "object"), name
