"""What the service is told by its environment, and what it refuses to start without."""

from pathlib import Path

import pytest

from api.app import create_app
from api.settings import Settings
from hedge.errors import UsageError

GOOD = {
    "HEDGE_ENV": "production",
    "HEDGE_PUBLIC_URL": "https://hedge.example/",
    "HEDGE_SECRET_KEY": "ab" * 32,
    "HEDGE_DISCORD_CLIENT_ID": "an application",
    "HEDGE_DISCORD_CLIENT_SECRET": "a secret",
    "HEDGE_ORIGINS": "https://one.example,https://two.example",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)


def test_production_with_everything_starts() -> None:
    found = Settings.read()
    assert found.is_production
    assert found.public_url == "https://hedge.example"
    assert found.origins == ("https://one.example", "https://two.example")
    assert "secret" not in repr(found).replace("discord_client_secret", "")


@pytest.mark.parametrize("name", [name for name in GOOD if "ENV" not in name][:4])
def test_production_does_not_start_without(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(UsageError, match=f"in production {name} must be set"):
        Settings.read()
    monkeypatch.setenv("HEDGE_ENV", "development")
    assert not Settings.read().is_production


@pytest.mark.parametrize("key", ["ab" * 31, "xy" * 32, "a secret"])
def test_a_secret_key_is_64_hex_digits(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEDGE_SECRET_KEY", key)
    with pytest.raises(UsageError, match="64 hex digits") as error:
        Settings.read()
    assert key not in str(error.value)


@pytest.mark.parametrize("number", ["0", "-1", "many", ""])
def test_a_rate_limit_is_a_number(number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEDGE_LINKS_A_MINUTE", number)
    with pytest.raises(UsageError, match=f"HEDGE_LINKS_A_MINUTE is '{number}'"):
        Settings.read()


def test_the_application_is_built_without_a_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEDGE_HOME", str(tmp_path))
    monkeypatch.delenv("HEDGE_DATABASE_URL", raising=False)
    create_app()
    assert list(tmp_path.iterdir()) == []
