"""The bodies of accounts: wallets, settings and sessions."""

from datetime import datetime

import msgspec

from api.shape import Body, Shape


class Wallet(Shape):
    """A linked wallet. verification_tx_hash is null: a wallet is verified by a signature, and no
    transaction is sent."""

    address: str
    chain: str
    is_primary: bool
    is_active: bool
    is_verified: bool
    verified_at: datetime | None
    verification_tx_hash: str | None = None


class ActiveWallets(Shape):
    """The active wallets of a player."""

    wallets: list[Wallet]


class PageOfWallets(ActiveWallets):
    """A page of the active wallets of a player."""

    next: str | None


class NewWallet(Body):
    """A wallet to link; the address is in lower case or has the checksum of EIP-55."""

    address: str
    chain: str | None = None


class LinkedWallet(Shape):
    """The wallet that is linked, and all active wallets of the player. is_new is False where it was
    linked before: nothing changed, and no run follows."""

    success: bool
    is_new: bool
    wallet: Wallet
    wallets: list[Wallet]


class Verification(Shape):
    """The message that the wallet has to sign unchanged before expires_at."""

    message: str
    nonce: str
    expires_at: datetime


class Signed(Body):
    """The message of a Verification, and the wallet's signature of it (personal_sign)."""

    message: str
    signature: str


class WalletOfAnotherAccount(Body):
    """A wallet that another account of the player has proven."""

    address: str


class MergedAccount(Shape):
    """An account that was merged into the player's, and until when that can be undone. wallets is
    how many came with it; undone_at is null while it is merged."""

    merge_id: int
    absorbed: str
    merged_at: datetime
    undo_until: datetime
    undone_at: datetime | None
    wallets: int


class MergedAccounts(Shape):
    """The accounts that were merged into the player's, the latest first."""

    merges: list[MergedAccount]


class Me(Shape):
    """The account of a signed-in player; cluster_id is null until a wallet is linked."""

    cluster_id: str | None
    display_name: str | None
    show_on_boards: bool
    show_wallets: bool
    created_at: datetime


class MyExclusion(Shape):
    """What of the player is taken out of values, from what, and why. exclusion_id is its number;
    subject and target are words. ends_at is null where no end is planned."""

    exclusion_id: int
    subject: str
    target: str
    reason: str
    starts_at: datetime | None
    ends_at: datetime | None


class MyExclusions(Shape):
    """The exclusions that are valid now, the newest first."""

    exclusions: list[MyExclusion]


class MyChanges(Body):
    """The fields of an account to change; absent ones are kept."""

    display_name: str | msgspec.UnsetType | None = msgspec.UNSET
    show_on_boards: bool | msgspec.UnsetType = msgspec.UNSET
    show_wallets: bool | msgspec.UnsetType = msgspec.UNSET


class Session(Shape):
    """A browser in which the player is signed in: what it calls itself, when the session began and
    when it was last used, to the minute."""

    browser: str
    created_at: datetime
    used_at: datetime
    is_current: bool


class ListedSessions(Shape):
    """The sessions of a player, the one that was used last first."""

    sessions: list[Session]
