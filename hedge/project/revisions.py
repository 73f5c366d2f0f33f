"""Projects as git has them: the files of a project at a commit, and the commit to compare with."""

import io
import os
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from hedge.errors import HedgeError, UsageError
from hedge.project import archives

#: What is taken of a commit, if it is there: what dbt parses, and the record of hedge init.
_PARTS = ("dbt_project.yml", "models", "macros", "seeds", "tests/dbt", "hedge-files.json")
#: The branches that may be the default one of the remote: the first that exists is it.
_DEFAULT_BRANCHES = ("origin/HEAD", "origin/main", "origin/master")
#: What else there is, for sentences about a base that cannot be found.
_OR = "name the base with --base REV or --base-project FOLDER"


@dataclass(frozen=True)
class Revision:
    """A commit, by all digits of its hash, and what a person calls it."""

    commit: str
    name: str


def named(project: Path, revision: str) -> Revision:
    """The commit that a person names in the repository of a project. An unknown one is a
    UsageError."""
    commit = _commit(project, revision)
    if commit is None:
        raise UsageError(f"the git repository of {project} has no commit '{revision}'")
    short = commit[:7]
    return Revision(commit, short if commit.startswith(revision) else f"{revision} ({short})")


def default_base(project: Path) -> Revision:
    """The commit that the project is compared with where nobody names one.

    It is the one where the current branch left the default branch of the remote `origin`. On that
    branch itself, or without a remote, it is the last commit where the project has edits that are
    not committed, else the commit before. A UsageError says where there is none.
    """
    head = _commit(project, "HEAD")
    if head is None:
        raise UsageError(f"the git repository of {project} has no commit yet: {_OR}")
    branch = next((name for name in _DEFAULT_BRANCHES if _commit(project, name)), None)
    if branch is not None:
        left = _git(project, "merge-base", branch, "HEAD")
        if left is None:
            raise UsageError(
                f"the git repository of {project} does not know where HEAD left {branch}: fetch "
                f"its whole history (fetch-depth: 0 of actions/checkout), or {_OR}"
            )
        commit = left.decode().strip()
        if commit != head:
            return Revision(commit, f"{commit[:7]}, where HEAD left {branch}")
    if has_edits(project):
        return Revision(head, f"{head[:7]}, the last commit")
    before = _commit(project, "HEAD~")
    if before is None:
        raise UsageError(f"the git repository of {project} has no commit before HEAD: {_OR}")
    return Revision(before, f"{before[:7]}, the commit before HEAD")


def has_edits(project: Path) -> bool:
    """Whether files that define the project differ from the last commit, new ones included."""
    return bool(_git(project, "status", "--porcelain", "--", *_PARTS))


def described(project: Path) -> str:
    """What a person calls the project in a folder: its commit, with what is not committed, or the
    folder where git does not know it."""
    try:
        commit = _commit(project, "HEAD")
    except HedgeError:
        commit = None
    if commit is None:
        return str(project)
    return f"{commit[:7]}{' with edits that are not committed' if has_edits(project) else ''}"


def export(project: Path, revision: Revision, folder: Path) -> None:
    """Write the files of a project at a commit into an empty folder.

    A UsageError where the commit has no such project; a HedgeError where its files cannot be
    written.
    """
    listed = _git(project, "ls-tree", "--name-only", revision.commit, "--", *_PARTS)
    parts = (listed or b"").decode().splitlines()
    if "dbt_project.yml" not in parts:
        raise UsageError(f"{revision.name} has no dbt_project.yml in the folder of {project}")
    archive = _git(project, "archive", "--format=tar", revision.commit, "--", *parts)
    if archive is None:
        raise HedgeError(f"git cannot write the files of {revision.name}")
    try:
        with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
            archives.extract(packed, folder)
    except tarfile.TarError as error:
        raise HedgeError(f"the files of {revision.name} cannot be written: {error}") from error


def _commit(project: Path, revision: str) -> str | None:
    """The hash of a commit; None where there is none of that name."""
    found = _git(
        project, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
    )
    return None if found is None else found.decode().strip()


def _git(project: Path, *arguments: str) -> bytes | None:
    """What git prints for the repository of a project; None where it fails.

    A HedgeError where git is not installed or the project is in no repository that it may read.
    """
    # git names the repository of a hook to everything that the hook calls.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("GIT_")
    } | {"LC_ALL": "C"}

    def call(*of_git: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["git", "-C", str(project), *of_git],
            capture_output=True,
            env=environment,
            check=False,
        )

    try:
        ended = call(*arguments)
        if ended.returncode == 0:
            return ended.stdout
        inside = call("rev-parse", "--is-inside-work-tree")
    except FileNotFoundError as error:
        raise HedgeError("git is not installed: name the base with --base-project") from error
    if inside.returncode != 0:
        said = inside.stderr.decode(errors="replace").strip().splitlines()
        raise UsageError(f"git in {project}: {said[0] if said else 'no reason is given'}; {_OR}")
    return None
