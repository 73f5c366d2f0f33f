"""Projects as git has them: which commit is the base, its files, and the hook before a push."""

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from hedge.errors import HedgeError, UsageError
from hedge.project import revisions
from tests import PROJECT

HOOK = PROJECT / "hedge" / "project" / "templates" / "pre-push-example"


def git(folder: Path, *arguments: str) -> str:
    """What git prints; commits are of a person of their own."""
    person = ("-c", "user.name=Ada", "-c", "user.email=ada@localhost")
    ended = subprocess.run(
        ["git", "-C", str(folder), *person, *arguments], capture_output=True, text=True, check=True
    )
    return ended.stdout.strip()


def commit(folder: Path, text: str) -> str:
    """Commit another text of a model; returns the hash."""
    (folder / "models" / "a.sql").write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", text)
    return git(folder, "rev-parse", "HEAD")


def base_text(project: Path, revision: revisions.Revision, folder: Path) -> str:
    """The text of the model in the base, which is exported into a new folder."""
    folder.mkdir()
    revisions.export(project, revision, folder)
    return (folder / "models" / "a.sql").read_text()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose top folder is a project, with two commits."""
    folder = tmp_path / "repository"
    (folder / "models").mkdir(parents=True)
    (folder / "tests" / "dbt").mkdir(parents=True)
    (folder / "dbt_project.yml").write_text("name: hedge\n")
    (folder / "tests" / "dbt" / "a.sql").write_text("select 1")
    (folder / "README.md").write_text("A game.")
    git(tmp_path, "init", "--quiet", "--initial-branch", "main", str(folder))
    commit(folder, "one")
    commit(folder, "two")
    return folder


@pytest.fixture
def clone(repository: Path, tmp_path: Path) -> Path:
    """A clone of it, with a branch of one commit; the remote has gone on since."""
    folder = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(repository), str(folder))
    git(folder, "switch", "--quiet", "--create", "edit")
    commit(folder, "edited")
    commit(repository, "three")
    git(folder, "fetch", "--quiet")
    return folder


def test_a_branch_is_compared_with_the_commit_where_it_left_the_remote(
    clone: Path, tmp_path: Path
) -> None:
    found = revisions.default_base(clone)
    assert found.name == f"{found.commit[:7]}, where HEAD left origin/HEAD"
    assert base_text(clone, found, tmp_path / "base") == "two"


def test_without_the_name_of_the_default_branch_it_is_main(clone: Path, tmp_path: Path) -> None:
    git(clone, "remote", "set-head", "origin", "--delete")
    found = revisions.default_base(clone)
    assert found.name.endswith("where HEAD left origin/main")
    assert base_text(clone, found, tmp_path / "base") == "two"


def test_on_the_default_branch_edits_are_compared_with_the_last_commit(
    repository: Path, clone: Path, tmp_path: Path
) -> None:
    git(clone, "switch", "--quiet", "main")
    for number, project in enumerate((repository, clone)):
        before = revisions.default_base(project)
        assert before.name == f"{before.commit[:7]}, the commit before HEAD"
        assert before.commit == git(project, "rev-parse", "HEAD~")
        (project / "README.md").write_text("No part of the project.")
        assert revisions.default_base(project) == before
        (project / "models" / "new.sql").write_text("a file that git does not know yet")
        last = revisions.default_base(project)
        assert last.name == f"{last.commit[:7]}, the last commit"
        assert last.commit == git(project, "rev-parse", "HEAD")
        assert base_text(project, last, tmp_path / f"base-{number}") in ("two", "three")


def test_a_person_names_a_commit(repository: Path, tmp_path: Path) -> None:
    first = git(repository, "rev-parse", "HEAD~")
    by_hash, by_name = revisions.named(repository, first[:9]), revisions.named(repository, "HEAD~")
    assert (by_hash.commit, by_hash.name) == (first, first[:7])
    assert (by_name.commit, by_name.name) == (first, f"HEAD~ ({first[:7]})")
    assert base_text(repository, by_name, tmp_path / "base") == "one"


@pytest.mark.parametrize("name", ["nowhere", "--help", ""])
def test_a_name_of_no_commit_is_said(repository: Path, name: str) -> None:
    with pytest.raises(
        UsageError, match=f"^the git repository of {repository} has no commit '{name}'$"
    ):
        revisions.named(repository, name)


def test_what_a_project_consists_of_is_written_and_nothing_else(
    repository: Path, tmp_path: Path
) -> None:
    base_text(repository, revisions.named(repository, "HEAD"), tmp_path / "base")
    written = {
        file.relative_to(tmp_path / "base").as_posix()
        for file in (tmp_path / "base").rglob("*")
        if file.is_file()
    }
    assert written == {"dbt_project.yml", "models/a.sql", "tests/dbt/a.sql"}


def test_files_that_git_has_lost_are_not_exported(repository: Path, tmp_path: Path) -> None:
    blob = git(repository, "rev-parse", "HEAD:models/a.sql")
    (repository / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    head = revisions.named(repository, "HEAD")
    with pytest.raises(HedgeError, match=f"^git cannot write the files of {re.escape(head.name)}$"):
        base_text(repository, head, tmp_path / "base")
    assert base_text(repository, revisions.named(repository, "HEAD~"), tmp_path / "before") == "one"


def test_a_project_may_lie_below_the_top_of_its_repository(
    repository: Path, tmp_path: Path
) -> None:
    below = repository / "game" / "hedge"
    (below / "models").mkdir(parents=True)
    (below / "dbt_project.yml").write_text("name: hedge\n")
    before = git(repository, "rev-parse", "HEAD")
    commit(below, "below")
    found = revisions.named(below, "HEAD")
    assert base_text(below, found, tmp_path / "base") == "below"
    (repository / "models" / "a.sql").write_text("not committed, of the other project")
    assert not revisions.has_edits(below)
    assert revisions.described(below) == found.commit[:7]
    with pytest.raises(UsageError, match=r"has no dbt_project\.yml in the folder of"):
        revisions.export(below, revisions.named(below, before), tmp_path)


def test_what_is_not_committed_is_part_of_the_name(repository: Path, tmp_path: Path) -> None:
    head = git(repository, "rev-parse", "--short=7", "HEAD")
    assert revisions.described(repository) == head
    (repository / "models" / "a.sql").write_text("edited")
    assert revisions.described(repository) == f"{head} with edits that are not committed"
    assert revisions.described(tmp_path) == str(tmp_path)


def test_where_there_is_no_base_the_options_are_named(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = "name the base with --base REV or --base-project FOLDER"
    with pytest.raises(
        UsageError, match=f"^git in {tmp_path}: .*not a git repository.*; {options}$"
    ):
        revisions.default_base(tmp_path)
    empty = tmp_path / "empty"
    git(tmp_path, "init", "--quiet", str(empty))
    with pytest.raises(UsageError, match=f"has no commit yet: {options}"):
        revisions.default_base(empty)
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{repository}", str(shallow))
    with pytest.raises(UsageError, match=f"has no commit before HEAD: {options}"):
        revisions.default_base(shallow)
    commit(repository, "three")
    git(shallow, "switch", "--quiet", "--create", "edit")
    git(shallow, "fetch", "--quiet", "--depth", "1", "origin", "+main:refs/remotes/origin/main")
    with pytest.raises(UsageError, match=f"does not know where HEAD left origin/.*{options}"):
        revisions.default_base(shallow)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HedgeError, match="git is not installed: name the base with --base-project"):
        revisions.default_base(repository)


def test_the_repository_of_a_hook_is_not_that_of_the_project(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = git(repository, "rev-parse", "HEAD")
    git(tmp_path, "init", "--quiet", str(tmp_path / "other"))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    assert revisions.named(repository, "HEAD").commit == head


@pytest.mark.parametrize("status", [0, 1])
def test_the_hook_reviews_the_commit_that_is_pushed(
    clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    hook = clone / ".git" / "hooks" / "pre-push"
    shutil.copyfile(HOOK, hook)
    stand_in, said = tmp_path / "bin" / "hedge", tmp_path / "said"
    stand_in.parent.mkdir()
    stand_in.write_text(
        f'#!/bin/sh\necho "$@" "${{HEDGE_PROJECT-}}" >>{said}\ncat models/a.sql >>{said}\n'
        f"git rev-parse HEAD >>{said}\nexit {status}\n"
    )
    for program in (hook, stand_in):
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{stand_in.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("HEDGE_PROJECT", str(tmp_path))
    (clone / "models" / "a.sql").write_text("edited again, and not committed")
    pushed = subprocess.run(
        ["git", "-C", str(clone), "push", "--quiet", "origin", "edit"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (pushed.returncode == 0) == (status == 0), pushed.stderr
    assert said.read_text().splitlines() == [
        "ci --fail-if unlocks_won > 100 ",
        f"edited{git(clone, 'rev-parse', 'HEAD')}",
    ]
    assert len(git(clone, "worktree", "list").splitlines()) == 1
    assert (git(clone, "ls-remote", "origin", "edit") != "") == (status == 0)
    said.unlink()
    if status == 0:
        git(clone, "push", "--quiet", "origin", "--delete", "edit")
    assert not said.exists()
