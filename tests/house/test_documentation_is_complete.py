"""The documentation names every command, option, route and setting, and every link in it works."""

import ast
import re
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from litestar.routes import HTTPRoute

from api.app import create_app
from api.settings import Settings
from tests import PROJECT
from tests.command_line import commands_and_groups
from tests.yaml_files import read_yaml

DOCS = PROJECT / "docs"
TOP = [PROJECT / f"{name}.md" for name in ("README", "CONTRIBUTING", "CHANGELOG", "SECURITY")]
PAGES = [*TOP, *sorted(DOCS.glob("*.md"))]
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
SETTING = re.compile(r"\bHEDGE_[A-Z_]*[A-Z]\b")


@cache
def commands() -> dict[tuple[str, ...], set[str]]:
    """Each command and group of the command line by its path, with its options."""
    return {
        path: {
            option
            for parameter in command.params
            if parameter.param_type_name == "option"
            for option in (*parameter.opts, *parameter.secondary_opts)
            if option.startswith("--")
        }
        - {"--help"}
        for path, command in commands_and_groups().items()
    }


@cache
def section(command: str) -> str:
    """The section of docs/cli.md about a command or group; the introduction for none."""
    introduction, *sections = re.split(r"^## ", (DOCS / "cli.md").read_text(), flags=re.MULTILINE)
    if not command:
        return introduction
    (found,) = [
        text for text in sections if re.search(rf"\bhedge {command}\b", text.partition("\n")[0])
    ]
    return found


def names(text: str, word: str) -> bool:
    """Whether a text has a word, not only as a part of another."""
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text) is not None


@pytest.mark.parametrize("path", commands(), ids=" ".join)
def test_a_command_and_its_options_are_described(path: tuple[str, ...]) -> None:
    text = section(path[0] if path else "")
    assert names(text, " ".join(("hedge", *path)))
    assert [option for option in sorted(commands()[path]) if not names(text, option)] == []


def test_no_option_is_described_that_does_not_exist() -> None:
    text = (DOCS / "cli.md").read_text()
    described = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text))
    assert described - set().union(*commands().values()) == {"--help"}


@pytest.mark.parametrize("path", commands(), ids=" ".join)
def test_the_default_of_an_option_is_described(path: tuple[str, ...]) -> None:
    command = commands_and_groups()[path]
    lines = section(path[0] if path else "").splitlines()
    for option in command.params:
        if option.param_type_name == "option" and type(option.default) in (int, float, str):
            named = [line for line in lines if names(line, option.opts[0]) and "default" in line]
            assert [line for line in named if names(line, str(option.default))], option.opts


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_in_a_page_exist(page: Path) -> None:
    code = re.findall(r"(?:^    |^\$ |`|bin/)hedge ([a-z]+)(?: ([a-z-]+))?", page.read_text(), re.M)
    unknown = [
        (name, below)
        for name, below in code
        if (name,) not in commands()
        or (below and (name,) in groups() and (name, below) not in commands())
    ]
    assert unknown == []


def groups() -> set[tuple[str, ...]]:
    """The commands that have commands."""
    return {path[:-1] for path in commands() if len(path) > 1}


@cache
def routes() -> list[tuple[str, str, bool]]:
    """Method, path and whether it is part of the OpenAPI document, of each route of ours."""
    with warnings.catch_warnings(action="ignore"):  # of Litestar, about its next version
        application = create_app(Settings())
    # Sorted, because processes of pytest-xdist have to collect the same order.
    return sorted(
        (method, re.sub(r":\w+}", "}", route.path), handler.resolve_include_in_schema())
        for route in application.routes
        if isinstance(route, HTTPRoute)
        # Litestar's pages of the document, and files
        and not route.path.startswith("/schema")
        and not route.path.endswith(":path}")
        for handler in route.route_handlers
        for method in handler.http_methods - {"HEAD", "OPTIONS"}
    )


@pytest.mark.parametrize(("method", "path", "is_of_the_api"), routes())
def test_a_route_is_described(method: str, path: str, is_of_the_api: bool) -> None:
    text = (DOCS / "api.md").read_text()
    wanted = f"`{method} {path}`" if is_of_the_api else path
    assert wanted in text


def test_the_routes_of_the_api_that_are_described_exist() -> None:
    text = (DOCS / "api.md").read_text()
    described = set(re.findall(r"`((?:GET|POST|PUT|PATCH|DELETE) /[^`?]*)`", text))
    assert described - {f"{method} {path}" for method, path, _ in routes()} == set()


def test_the_settings_that_are_read_are_those_described() -> None:
    code = [file for name in ("hedge", "cli", "api") for file in (PROJECT / name).rglob("*.py")]
    read = {setting for file in code for setting in SETTING.findall(file.read_text())}
    rows = re.findall(r"^\| `(HEDGE_\w+)` \|", (DOCS / "operate.md").read_text(), re.MULTILINE)
    assert read == set(rows)
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(FENCED.sub("", page.read_text())):
        if link.startswith(("https://", "http://")):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.is_file(), link
        assert not anchor or anchor in anchors(target), link


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and MkDocs both make them."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", page.read_text()), re.MULTILINE)
    return {
        re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower())
        for heading in headings
    }


def test_the_imports_between_packages_are_those_described() -> None:
    """The table of docs/architecture.md: a package imports those it names, which stand below."""
    text = (DOCS / "architecture.md").read_text()
    table = text.partition("| package | what it holds | imports |\n|---|---|---|\n")[2]
    rows = [row.split(" | ") for row in table.partition("\n\n")[0].splitlines()]
    lines = [(code_words(packages), code_words(imports)) for packages, _, imports in rows]
    imported_by_all = lines[-1][0]
    below: set[str] = set()
    for packages, imports in reversed(lines):
        assert imports <= below
        found = set().union(*map(imports_of, packages)) - packages
        assert found - imported_by_all == imports - imported_by_all, packages
        below |= packages
    folder = PROJECT / "hedge"
    assert below == {path.stem for path in folder.glob("*.py") if path.stem != "__init__"} | {
        path.parent.name for path in folder.glob("*/__init__.py")
    }


def code_words(text: str) -> set[str]:
    """The words of a text that are marked as code."""
    return set(re.findall(r"`(\w+)`", text))


def imports_of(package: str) -> set[str]:
    """The packages and modules of hedge that one of them imports."""
    path = PROJECT / "hedge" / package
    found = set()
    for file in path.rglob("*.py") if path.is_dir() else [path.with_suffix(".py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "hedge":
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("hedge."):
                found.add(node.module.split(".")[1])
    return found


def test_every_page_is_part_of_the_site() -> None:
    def pages(item: str | dict | list) -> Iterator[str]:
        if isinstance(item, str):
            yield item
        else:
            for below in item.values() if isinstance(item, dict) else item:
                yield from pages(below)

    listed = list(pages(read_yaml(PROJECT / "mkdocs.yml")["nav"]))
    top = {"index.md", "contributing.md", "changelog.md", "security.md"}
    assert set(listed) == top | {page.name for page in DOCS.glob("*.md")}
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize("kind", ["sources", "seeds"])
def test_every_column_of_a_source_or_seed_is_described(kind: str) -> None:
    """Those of models: test_the_rules_of_the_house. The words about sources are the comments of
    the database, see tests/integration/loading/test_raw_tables_page.py."""
    file = {"sources": "models/staging/_sources.yml", "seeds": "seeds/_seeds.yml"}[kind]
    found = read_yaml(PROJECT / file)[kind]
    tables = [table for source in found for table in source["tables"]] if kind != "seeds" else found
    columns = [(table["name"], column) for table in tables for column in table["columns"]]
    assert len(columns) > 50
    for table, column in columns:
        assert column["description"].endswith("."), (table, column["name"])
    if kind == "seeds":
        for table in tables:
            header = (PROJECT / "seeds" / f"{table['name']}.csv").read_text().partition("\n")[0]
            assert [column["name"] for column in table["columns"]] == header.split(",")


def test_the_readme_is_short() -> None:
    assert len((PROJECT / "README.md").read_text().splitlines()) <= 150


def test_help_breaks_no_sentence_and_keeps_examples_apart() -> None:
    """Typer keeps the line breaks of docstrings, wherever the terminal ends."""
    paragraphs = 0
    for path, command in commands_and_groups().items():
        for paragraph in (command.help or "").split("\n\n"):
            lines = paragraph.splitlines()
            assert not paragraph.startswith("Examples"), path
            assert len(lines) == 1 or all(line.startswith("Example: ") for line in lines), path
            paragraphs += 1
    assert paragraphs > 150
