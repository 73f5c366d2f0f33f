"""What packaging/ and the tools around the code say agrees with the code."""

import re
import tomllib

import yaml

from tests import PROJECT

PACKAGING = PROJECT / "packaging"
UNITS = sorted((PACKAGING / "systemd").glob("*.service"))


def test_the_example_of_the_environment_lists_every_variable() -> None:
    used = {
        name
        for folder in ("hedge", "cli", "api")
        for path in (PROJECT / folder).rglob("*.py")
        for name in re.findall(r'"(HEDGE_[A-Z_]*[A-Z])"', path.read_text())
    }
    example = (PACKAGING / "hedge.env.example").read_text()
    listed = re.findall(r"^#?(HEDGE_[A-Z_]+)=", example, re.MULTILINE)
    assert len(listed) == len(set(listed))
    assert set(listed) == used


def test_the_units_call_commands_that_exist_with_the_same_restrictions() -> None:
    restrictions = {
        path.read_text().split("# The program needs")[1].partition("\n\n[I")[0] for path in UNITS
    }
    assert len({text.strip() for text in restrictions}) == 1
    assert "ProtectSystem=strict" in restrictions.pop()
    for path in UNITS:
        text = path.read_text()
        assert re.search(
            r"^ExecStart=.*/opt/hedge/bin/hedge"
            r" (serve|worker|db migrate|db backup|etl (full|incremental|prune)|boards run --due)",
            text,
            re.MULTILINE,
        )
        assert "\nUser=hedge\n" in text


def test_a_unit_that_runs_once_is_started_by_a_timer_or_by_others() -> None:
    once = {path.stem for path in UNITS if "Type=oneshot" in path.read_text()}
    timers = {path.stem for path in (PACKAGING / "systemd").glob("*.timer")}
    assert once - timers == {"hedge-migrate"}
    assert timers < once


def test_the_hooks_call_what_lint_calls() -> None:
    """pre-commit runs the same programs, at the same versions, as make lint; it adds the files."""
    makefile = (PROJECT / "Makefile").read_text()
    parts = re.findall(r"^lint-\w+:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    lint = [line.strip().replace("@$(BIN)", ".venv/bin") for line in "".join(parts).splitlines()]
    config = yaml.safe_load((PROJECT / ".pre-commit-config.yaml").read_text())
    (repository,) = config["repos"]
    assert repository["repo"] == "local"
    hooks = [hook["entry"].removesuffix(" --force-exclude") for hook in repository["hooks"]]
    assert len(hooks) == len(lint)
    for hook, line in zip(hooks, lint, strict=True):
        assert line == hook or line.startswith(f"{hook} "), line


def test_ci_calls_the_commands_of_a_person() -> None:
    """The workflow and .ci/run call the same targets, and each target exists."""
    lines = re.findall(r"^make (.+)$", (PROJECT / ".ci" / "run").read_text(), re.MULTILINE)
    targets = [word for line in lines for word in line.split() if not word.startswith("--")]
    workflow = yaml.safe_load((PROJECT / ".github/workflows/ci.yml").read_text())
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    called = [step["run"].removeprefix("make ") for step in steps if "make " in step.get("run", "")]
    assert sorted(called) == sorted(targets)
    makefile = (PROJECT / "Makefile").read_text()
    for target in targets:
        assert re.search(rf"^{target}:.*##", makefile, re.MULTILINE), target


def test_the_distribution_needs_the_python_that_ci_has() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    oldest = project["requires-python"].removeprefix(">=")
    for path in (PROJECT / ".github/workflows/ci.yml", PACKAGING / "Containerfile"):
        assert set(re.findall(r"python:([\d.]+)", path.read_text())) == {oldest}
