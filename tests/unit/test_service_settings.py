"""What the service is told by its environment, and what it refuses to start without."""

from pathlib import Path

import pytest

from api.app import create_app
from api.settings import Settings
from hedge.errors import UsageError

KEY = bytes(range(32)).hex()
GOOD = {
    "HEDGE_ENV": "production",
    "HEDGE_PUBLIC_URL": "https://hedge.example/",
    "HEDGE_SECRET_KEY": KEY,
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
    for secret in ("a secret", repr(bytes.fromhex(KEY))):
        assert secret not in repr(found)


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


def test_what_is_not_set_has_a_default_in_development(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in GOOD:
        monkeypatch.delenv(name)
    found = Settings.read()
    assert (found.is_production, found.public_url) == (False, "http://127.0.0.1:8000")
    assert (found.discord_client_id, found.discord_url) == ("", "https://discord.com")
    assert (found.sign_ins_a_minute, found.links_a_minute) == (30, 60)
    assert (found.streams_per_address, found.streams) == (20, 5000)
    assert found.origins == ()
    # a key that nobody knows, and another one each time
    assert len(found.secret_key) == 32
    assert found.secret_key != Settings.read().secret_key


def test_each_setting_is_read_from_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "HEDGE_DISCORD_URL": "https://discord.example/",
        "HEDGE_SIGN_INS_A_MINUTE": "7",
        "HEDGE_LINKS_A_MINUTE": "1",
        "HEDGE_STREAMS_PER_ADDRESS": "3",
        "HEDGE_STREAMS": "4",
        "HEDGE_ORIGINS": ",https://one.example,",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    found = Settings.read()
    assert found.secret_key == bytes.fromhex(KEY)
    assert found.discord_client_id == "an application"
    assert found.discord_client_secret == "a secret"
    assert found.discord_url == "https://discord.example"
    assert (found.sign_ins_a_minute, found.links_a_minute) == (7, 1)
    assert (found.streams_per_address, found.streams) == (3, 4)
    assert found.origins == ("https://one.example",)


def test_every_missing_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEDGE_PUBLIC_URL")
    monkeypatch.setenv("HEDGE_SECRET_KEY", "")
    with pytest.raises(UsageError) as error:
        Settings.read()
    assert str(error.value).splitlines() == [
        "in production HEDGE_PUBLIC_URL must be set",
        "in production HEDGE_SECRET_KEY must be set",
    ]


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("HEDGE_ENV", "prod", "HEDGE_ENV is 'prod', which is not development or production"),
        ("HEDGE_ENV", "Production", "HEDGE_ENV is 'Production', which is not"),
        ("HEDGE_ENV", "", "HEDGE_ENV is '', which is not development or production"),
        ("HEDGE_PUBLIC_URL", "/", "HEDGE_PUBLIC_URL is '/', which is no origin"),
        ("HEDGE_PUBLIC_URL", "hedge.example", "which is no origin such as https://hedge.example"),
        ("HEDGE_PUBLIC_URL", "https://hedge.example/app", "which is no origin"),
        ("HEDGE_PUBLIC_URL", "https://", "which is no origin"),
        ("HEDGE_PUBLIC_URL", "https://hedge.example:x", "which is no origin"),
        (
            "HEDGE_PUBLIC_URL",
            "http://hedge.example",
            "in production HEDGE_PUBLIC_URL must be https, and 'http://hedge.example' is not",
        ),
        ("HEDGE_DISCORD_URL", "http://discord.com", "HEDGE_DISCORD_URL must be https"),
        ("HEDGE_ORIGINS", "*", "of which '*' is refused, which is no origin"),
        ("HEDGE_ORIGINS", "null", "of which 'null' is refused"),
        ("HEDGE_ORIGINS", "https://a.example/", "of which 'https://a.example/' is refused"),
        ("HEDGE_ORIGINS", "https://a.example/x", "of which 'https://a.example/x' is refused"),
        ("HEDGE_ORIGINS", "https://a.example?x", "is refused"),
        ("HEDGE_ORIGINS", "https://me@a.example", "is refused"),
        ("HEDGE_ORIGINS", "https://*.example", "is refused"),
        ("HEDGE_ORIGINS", "https://A.example", "a host in lower case"),
        ("HEDGE_ORIGINS", "HTTPS://a.example", "is refused"),
        ("HEDGE_ORIGINS", "ftp://a.example", "is refused"),
        ("HEDGE_ORIGINS", "https://a.example, https://b.example", "of which ' https://b.example'"),
        ("HEDGE_ORIGINS", "https://a.example https://b.example", "is refused"),
        ("HEDGE_ORIGINS", "https://a.example:443", "leave out the port: write https://a.example"),
        (
            "HEDGE_ORIGINS",
            "https://a.example,http://b.example",
            "HEDGE_ORIGINS must be https, and 'http://b.example' is not",
        ),
        (
            "HEDGE_TRUSTED_PROXIES",
            "0.0.0.0/0",
            "of which '0.0.0.0/0' is refused, which is everybody",
        ),
        ("HEDGE_TRUSTED_PROXIES", "10.0.0.1/8", "which is no network such as 10.0.0.0/8"),
        ("HEDGE_TRUSTED_PROXIES", "proxy", "which is no network such as 10.0.0.0/8"),
        ("HEDGE_SECRET_KEY", "ab" * 32, "HEDGE_SECRET_KEY repeats few bytes"),
        ("HEDGE_SECRET_KEY", "0123456789abcdef" * 4, "HEDGE_SECRET_KEY repeats few bytes"),
    ],
)
def test_what_would_leave_the_service_open_is_refused_in_one_sentence(
    name: str, text: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, text)
    with pytest.raises(UsageError) as error:
        Settings.read()
    assert sentence in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_development_may_use_http_and_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEDGE_ENV", "development")
    monkeypatch.setenv("HEDGE_PUBLIC_URL", "http://127.0.0.1:8000")
    monkeypatch.setenv("HEDGE_ORIGINS", "http://localhost:5173,https://[::1]:8443")
    found = Settings.read()
    assert found.public_url == "http://127.0.0.1:8000"
    assert found.origins == ("http://localhost:5173", "https://[::1]:8443")


@pytest.mark.parametrize("number", ["0", "-1", "many", "1.5", "\u0661", "1" * 30])
@pytest.mark.parametrize("name", ["HEDGE_LINKS_A_MINUTE", "HEDGE_SIGN_INS_A_MINUTE"])
def test_a_rate_limit_is_a_number(name: str, number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, number)
    with pytest.raises(UsageError, match=f"{name} is '{number}'"):
        Settings.read()


def test_the_application_is_built_without_a_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEDGE_HOME", str(tmp_path))
    monkeypatch.delenv("HEDGE_DATABASE_URL", raising=False)
    app = create_app()
    assert app.routes
    assert list(tmp_path.iterdir()) == []
