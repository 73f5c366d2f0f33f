"""The admin's part of the API, by subject; every route calls a function of hedge.

boards    boards and their runs
drafts    what must be known of a board or season before it goes live
audit     who changed what of boards, seasons, rewards and challenges
seasons   seasons and the weights of their challenges
runs      the run ledger, and requests for runs
wallets   wallet links
rewards   rewards of seasons, which a service may hand out, too
exclusions  exclusions, their previews, and suspects
merges    merges of accounts
webhooks  webhooks and their deliveries
common    what the others share

Bodies are the records of hedge: a DTO of Litestar renders a dataclass with camelCase names and
refuses unknown ones, and __schema_name__ is its name in the OpenAPI document.
"""

from litestar import Router

from api.admin import (
    audit,
    boards,
    drafts,
    exclusions,
    merges,
    rewards,
    runs,
    seasons,
    wallets,
    webhooks,
)
from api.identity import name_caller, require_admin, require_program

router = Router(
    "/admin",
    route_handlers=[
        Router(
            "/",
            route_handlers=[
                *boards.HANDLERS,
                *seasons.HANDLERS,
                *drafts.HANDLERS,
                *audit.HANDLERS,
                *runs.HANDLERS,
                *wallets.HANDLERS,
                *webhooks.HANDLERS,
                *rewards.HANDLERS,
                *exclusions.HANDLERS,
                *merges.HANDLERS,
            ],
            guards=[require_admin, name_caller],
        ),
        Router("/", route_handlers=[*rewards.HANDING_OUT], guards=[require_program]),
    ],
    security=[{"token": []}],
    tags=["admin"],
)
