"""What front ends rely on: names may be added to these shapes, none removed or renamed."""

import msgspec
import pytest

from api import shapes

PUBLISHED = {
    "Board": "key name description categoryKey timeWindow unit",
    "BoardRun": "id periodStart periodEnd asOf rowCount finishedAt",
    "Entry": "rank clusterId displayName score tiebreaker payload",
    "BoardHead": "key name periodStart periodEnd",
    "Standing": "leaderboard run entries",
    "Season": "id name startsAt endsAt",
    "SeasonProgress": "points level nextLevelThreshold asOf",
    "Rung": "tierCode name threshold",
    "Challenge": "key name description metricType unit ladder",
    "Category": "key name challenges",
    "ChallengeProgress": (
        "challengeKey value unlocked tier bestTier unlockedAt nextTier nextThreshold"
        " rollingValue rollingTier foundersMarkAt"
    ),
    "ClusterProgress": "clusterId asOf challenges",
    "Wallet": "address chain isPrimary isActive isVerified verifiedAt",
    "Wallets": "wallets",
    "LinkedWallet": "success wallet wallets",
    "Me": "clusterId displayName showOnBoards createdAt",
    "Verification": "message nonce expiresAt",
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_name_stays(name: str) -> None:
    fields = msgspec.structs.fields(getattr(shapes, name))
    assert set(PUBLISHED[name].split()) <= {field.encode_name for field in fields}


@pytest.mark.parametrize("name", ["NewWallet", "Signed", "MyChanges"])
def test_what_clients_send_needs_no_more_than_it_did(name: str) -> None:
    needed = {"NewWallet": {"address"}, "Signed": {"message", "signature"}, "MyChanges": set()}
    fields = msgspec.structs.fields(getattr(shapes, name))
    assert {field.encode_name for field in fields if field.required} <= needed[name]
