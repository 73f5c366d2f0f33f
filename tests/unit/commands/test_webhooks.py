"""hedge webhooks: what it makes, lists and has sent again."""

import json

import pytest

from hedge import webhooks
from hedge.webhooks import Delivery, Webhook
from tests import Hedge
from tests.support import AS_OF
from tests.unit.commands import Calls

WEBHOOK = Webhook(3, "https://a.b/hook", "of ada", ["tier.reached"], AS_OF, 1, 20, 2, "it hung")
DELIVERY = Delivery(
    *(1041, 77, "tier.reached", "busy", None, "WAITING", 2, AS_OF, AS_OF, 500, "it answered 500")
)


@pytest.mark.parametrize(
    ("options", "types", "description"),
    [
        ([], None, ""),
        (
            ["--type", "tier.reached", "--type", "tier.revoked", "--description", "of ada"],
            ["tier.reached", "tier.revoked"],
            "of ada",
        ),
    ],
)
def test_a_webhook_is_made_and_its_secret_is_shown_once(
    hedge: Hedge,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    types: list[str] | None,
    description: str,
) -> None:
    made = Calls().replace(monkeypatch, webhooks, "create", (3, "whsec_x"))
    _, out, _ = hedge("webhooks", "add", "https://a.b/hook", *options)
    assert out == "webhook 3 is made; its secret, which is not shown again: whsec_x\n"
    assert [arguments for arguments, _ in made] == [("https://a.b/hook", description, types)]
    _, out, _ = hedge("webhooks", "add", "https://a.b/hook", "--json")
    assert json.loads(out) == {"webhook_id": 3, "secret": "whsec_x"}


def test_webhooks_are_listed(hedge: Hedge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "listed", lambda _: [WEBHOOK])
    row = hedge("webhooks", "list")[1].splitlines()[-1].split()
    assert row == [*("3", "https://a.b/hook", "tier.reached", "1", "20", "2", "it", "hung")]
    (printed,) = json.loads(hedge("webhooks", "list", "--json")[1])
    assert (printed["webhook_id"], printed["event_types"]) == (3, ["tier.reached"])
    assert "secret" not in printed
    monkeypatch.setattr(webhooks, "listed", lambda _: [])
    assert hedge("webhooks", "list")[1] == "There is no webhook.\n"
    assert json.loads(hedge("webhooks", "list", "--json")[1]) == []


def test_deliveries_are_listed(hedge: Hedge, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = Calls().replace(monkeypatch, webhooks, "deliveries", [DELIVERY])
    row = hedge("webhooks", "deliveries", "3")[1].splitlines()[-1]
    assert row.split()[:5] == ["1041", "77", "tier.reached", "WAITING", "2"]
    assert row.endswith("500  it answered 500")
    (printed,) = json.loads(
        hedge("webhooks", "deliveries", "3", "--failed", "--limit", "7", "--json")[1]
    )
    assert (printed["delivery_id"], printed["http_status"]) == (1041, 500)
    assert listed == [((3, None), {"limit": 20}), ((3, "FAILED"), {"limit": 7})]
    assert hedge("webhooks", "deliveries", "3", "--limit", "0")[0] == 2
    monkeypatch.setattr(webhooks, "deliveries", lambda *_, **__: [])
    assert hedge("webhooks", "deliveries", "3")[1] == "Nothing was sent.\n"


def test_a_webhook_is_removed(hedge: Hedge, monkeypatch: pytest.MonkeyPatch) -> None:
    removed = Calls().replace(monkeypatch, webhooks, "remove")
    assert hedge("webhooks", "remove", "3")[1] == "webhook 3 is removed\n"
    assert [arguments for arguments, _ in removed] == [(3,)]


def test_deliveries_are_sent_again(hedge: Hedge, monkeypatch: pytest.MonkeyPatch) -> None:
    replayed = Calls().replace(monkeypatch, webhooks, "replay", [1, 2])
    assert hedge("webhooks", "replay", "3", "1", "2")[1] == "2 to be sent again\n"
    hedge("webhooks", "replay", "3", "--failed")
    assert [arguments for arguments, _ in replayed] == [(3, [1, 2]), (3, None)]
    for options in ([], ["1", "--failed"]):
        status, _, errors = hedge("webhooks", "replay", "3", *options)
        assert (status, "name deliveries" in errors) == (2, True)
    assert len(replayed) == 2
