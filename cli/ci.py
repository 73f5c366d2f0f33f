"""hedge ci: the review of an edit before it is merged."""

import contextlib
import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from cli.html_report import write_report
from cli.options import JsonOption, refuse_without_effect
from cli.output import complain, print_json, progress, say
from cli.preview import FailIf, Html, print_preview
from hedge import pull_requests, settings
from hedge.analysis import changes
from hedge.errors import HedgeError, UsageError
from hedge.pull_requests import Copy, Project, Review, World

Base = Annotated[
    str | None,
    typer.Option(
        "--base",
        metavar="REV",
        help="The commit of git to compare with; by default the one where HEAD left the default "
        "branch of the remote.",
    ),
]
BaseProject = Annotated[
    Path | None,
    typer.Option(
        "--base-project", metavar="FOLDER", help="The project to compare with, without git."
    ),
]
Url = Annotated[
    str | None,
    typer.Option(
        "--url",
        metavar="URL",
        help="A copy of a database to compare on. It is CHANGED: the base is deployed to it and "
        "computed.",
    ),
]
Clusters = Annotated[int, typer.Option(min=3, help="The number of clusters of a demo world.")]
Seed = Annotated[int, typer.Option(help="The seed of the demo world.")]
Yes = Annotated[bool, typer.Option("--yes", help="The numbers of many players may move.")]
Markdown = Annotated[
    Path | None,
    typer.Option("--markdown", metavar="FILE", help="Write the report as Markdown."),
]


def ci(
    context: typer.Context,
    base: Base = None,
    base_project: BaseProject = None,
    url: Url = None,
    clusters: Clusters = 300,
    seed: Seed = 1,
    fail_if: FailIf = None,
    yes: Yes = False,
    markdown: Markdown = None,
    html: Html = None,
    json: JsonOption = False,
) -> None:
    """Compare the project with a base and check it as a deploy would, before it is merged.

    Both are computed in a demo world, in a server that is deleted afterwards, or on a copy of a
    database. Nothing is deployed elsewhere. The exit status is 1 where a deploy would refuse the
    project or a condition is true.

    Example: hedge ci --base origin/main --fail-if 'unlocks_won > 100' --markdown review.md
    """
    if base is not None and base_project is not None:
        raise UsageError("name a base by --base or by --base-project, not by both")
    if url is not None:
        refuse_without_effect(context, "with --url", "--clusters", "--seed")
    conditions = {text: changes.condition(text) for text in fail_if or ()}
    where = World(clusters, seed) if url is None else Copy(url)
    if isinstance(where, Copy):
        complain("hedge ci changes the copy: it deploys the base to it and computes it")
    with _base(base, base_project) as project, progress() as report:
        found = pull_requests.review(project, where, conditions, report, confirmed=yes)
    for template, file in (("ci.md", markdown), ("ci.html", html)):
        if file is not None:
            totals = dataclasses.asdict(found.preview.totals) if found.preview else {}
            write_report(
                template,
                file,
                review=found,
                preview=found.preview,
                totals=totals,
                failure=failure(found),
            )
    if json:
        print_json(found)
    else:
        _print(found)
    if not found.passes:
        raise HedgeError(failure(found))


def _base(revision: str | None, folder: Path | None) -> contextlib.AbstractContextManager[Project]:
    """The base while a block runs: a folder, or a commit in a folder of its own."""
    if folder is None:
        return pull_requests.base_of_git(settings.project(), revision)
    if not settings.is_project(folder):
        raise UsageError(f"--base-project names {folder}, which has no dbt_project.yml of Hedge")
    return contextlib.nullcontext(Project(folder.resolve(), str(folder)))


def failure(found: Review) -> str:
    """Why the edit does not pass, as words; none where it passes."""
    reasons = []
    if found.refused:
        reasons.append("a deploy would refuse the head")
    if found.preview is None and not found.base_fails:
        reasons.append("the head cannot be compared with the base")
    if found.exceeded:
        reasons.append(f"the preview fails: {' and '.join(found.exceeded)}")
    return "; ".join(reasons)


def _print(found: Review) -> None:
    say(f"base: {found.base}\nhead: {found.head}")
    if found.compared_on:
        say(f"on {found.compared_on}")
    say("")
    if found.preview is None:
        say(f"not compared: {found.not_compared}")
    elif not found.compared_on:
        say("No model, macro, seed or test differs.")
        return
    elif not found.preview.changed and not found.preview.notes:
        say("No model or seed differs.")
    else:
        print_preview(found.preview)
    say("")
    if found.refused:
        say("A deploy would refuse the head:")
        for sentence in found.refused:
            say(f"  {sentence}")
        return
    say(
        f"The checks of a deploy pass, and with them {len(found.unit_tests)} unit tests and "
        f"{len(found.data_tests)} data tests."
    )
    if found.left_out:
        say(f"Data tests that can be passed only after a deploy: {', '.join(found.left_out)}")
