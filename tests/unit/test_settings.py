"""Settings: what is listed of them, what is masked, and names that are none."""

from pathlib import Path

import pytest

from hedge import settings
from hedge.errors import UsageError


def listed(name: str) -> settings.Listed:
    (found,) = [one for one in settings.listed() if one.name == name]
    return found


@pytest.mark.parametrize(
    ("name", "value", "default"),
    [
        ("HEDGE_DEPLOY_WAIT", settings.deploy_wait, 600),
        ("HEDGE_COMPUTE_TIMEOUT", settings.compute_timeout, 600),
        ("HEDGE_LARGE_MOVE", settings.large_move, 25),
        ("HEDGE_MAX_REJECTED", settings.max_rejected, 50),
    ],
)
def test_a_number_is_the_default_unless_it_is_set(
    name: str, value: object, default: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(value)
    for unset in (None, ""):
        monkeypatch.delenv(name, raising=False)
        if unset is not None:
            monkeypatch.setenv(name, unset)
        assert value() == default
        assert (listed(name).value, listed(name).source) == (str(default), "default")
    monkeypatch.setenv(name, "1")
    assert value() == 1
    assert (listed(name).value, listed(name).source) == ("1", "environment")
    monkeypatch.setenv(name, "nan")
    with pytest.raises(UsageError, match=f"{name} is 'nan', which is no number"):
        value()
    assert len(listed(name).faults) == 1


def test_secrets_are_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEDGE_SECRET_KEY", "ab" * 32)
    monkeypatch.setenv("HEDGE_DISCORD_CLIENT_SECRET", "hush-hush")
    monkeypatch.setenv("HEDGE_DATABASE_URL", "postgresql://ada:hush-hush@host/db")
    monkeypatch.setenv("HEDGE_EVM_RPC_URL", "https://node.example:8443/v1/hush-hush?key=hush-hush")
    shown = repr(settings.listed())
    assert "hush-hush" not in shown
    assert listed("HEDGE_EVM_RPC_URL").value == "https://node.example/..."
    assert "abab" not in shown
    assert listed("HEDGE_SECRET_KEY").value == "*** (64 characters)"
    assert listed("HEDGE_DATABASE_URL").value == "postgresql://ada@host/db"


def test_folders_that_are_found_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEDGE_HOME", raising=False)
    (tmp_path / ".hedge").mkdir()
    monkeypatch.chdir(tmp_path)
    found = listed("HEDGE_HOME")
    assert (found.value, found.source) == (
        str(tmp_path / ".hedge"),
        "found from the current folder",
    )
    monkeypatch.setenv("HEDGE_PROJECT", str(tmp_path))
    assert listed("HEDGE_PROJECT").faults == [
        f"HEDGE_PROJECT names {tmp_path}, which has no dbt_project.yml of Hedge"
    ]


def test_a_worker_needs_no_settings_of_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEDGE_ENV", "production")
    monkeypatch.delenv("HEDGE_SECRET_KEY", raising=False)
    settings.require_valid(of_service=False)
    with pytest.raises(UsageError, match="in production HEDGE_SECRET_KEY must be set"):
        settings.require_valid(of_service=True)
    monkeypatch.setenv("HEDGE_DEPLOY_WAIT", "soon")
    with pytest.raises(UsageError, match="HEDGE_DEPLOY_WAIT is 'soon'"):
        settings.require_valid(of_service=False)


def test_a_variable_that_is_no_setting_is_named_with_the_nearest_one() -> None:
    names = ["HEDGE_ORIGIN", "HEDGE_TEST_SEED", "HEDGE_HOME", "HEDGE_QQQ", "PATH", "XHEDGE_HOME"]
    assert settings.unknown(names) == [
        "HEDGE_ORIGIN is no setting of Hedge; did you mean HEDGE_ORIGINS?",
        "HEDGE_QQQ is no setting of Hedge",
    ]


@pytest.mark.parametrize(
    "given",
    ["node.example", "ftp://node.example", "https://ada:hush@node.example", "https://a b/c"],
)
def test_the_url_of_a_node_is_one(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEDGE_EVM_RPC_URL", given)
    (fault,) = listed("HEDGE_EVM_RPC_URL").faults
    assert fault.startswith("HEDGE_EVM_RPC_URL must be http or https and a host")
    assert "hush" not in fault
    monkeypatch.setenv("HEDGE_EVM_RPC_URL", "https://node.example/v1/a-key")
    assert settings.value("HEDGE_EVM_RPC_URL") == "https://node.example/v1/a-key"


@pytest.mark.parametrize("given", ["https://node.example/a key", "https://node.example/schlüssel"])
def test_the_url_of_a_node_has_the_letters_of_a_url(
    given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEDGE_EVM_RPC_URL", given)
    (fault,) = listed("HEDGE_EVM_RPC_URL").faults
    assert fault == "HEDGE_EVM_RPC_URL holds a space or a letter that no URL has"
    # its path may be a key
    assert "key" not in fault


def test_the_token_of_the_metrics_cannot_be_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    name, short = "HEDGE_METRICS_TOKEN", "0123456789abcd+"
    for refused in (short, short + "e ", short + "é", short + "\n"):
        monkeypatch.setenv(name, refused)
        (fault,) = listed(name).faults
        assert fault == (
            f"{name} must be 16 or more letters, digits or ._~+/=- (openssl rand -hex 32)"
        )
        with pytest.raises(UsageError, match="must be 16 or more letters"):
            settings.value(name)
    monkeypatch.setenv(name, short + "/")
    assert settings.value(name) == short + "/"
    assert listed(name).faults == []
