"""Webhooks, and what was sent to them."""

from typing import Annotated

from litestar import MediaType, Request, Response, delete, get, post
from litestar.dto import DataclassDTO
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_202_ACCEPTED

from api import paging
from api.admin.common import BODY, existing
from api.database import with_connection
from api.paging import After, Limit
from api.shape import Body, Shape
from hedge import webhooks
from hedge.ids import LARGEST
from hedge.webhooks import Delivery, State, Webhook


class WebhookBody(DataclassDTO[Annotated[Webhook, BODY]]):
    """A webhook."""

    __schema_name__ = "Webhook"


class DeliveryBody(DataclassDTO[Annotated[Delivery, BODY]]):
    """An event on its way to a webhook."""

    __schema_name__ = "WebhookDelivery"


class NewWebhook(Body):
    """A webhook to make. Without event_types it gets every type."""

    url: str
    description: str = ""
    event_types: list[str] | None = None


class MadeWebhook(Shape):
    """A webhook that was made. The secret is not shown again."""

    webhook_id: int
    secret: str


class Replayed(Shape):
    """The deliveries that are sent again."""

    deliveries: list[int]


@get("/webhooks", return_dto=WebhookBody, media_type=MediaType.JSON)
async def list_webhooks(
    request: Request, limit: Limit = 100, after: After = ""
) -> Response[list[Webhook]]:
    """Webhooks by number, with how many deliveries are in each state."""
    (behind,) = paging.place(after, int) or [0]
    found: list[Webhook] = await with_connection(webhooks.listed, behind, limit + 1)
    page, following = paging.cut(found, limit, lambda one: [one.webhook_id])
    return Response(page, media_type=MediaType.JSON, headers=paging.link(request, following))


@post("/webhooks", status_code=HTTP_201_CREATED)
async def make_webhook(data: JSONBody[NewWebhook]) -> MadeWebhook:
    """Make a webhook, which gets the events that are told from now on."""
    number, secret = await with_connection(
        webhooks.create, data.url, data.description, data.event_types
    )
    return MadeWebhook(webhook_id=number, secret=secret)


@delete("/webhooks/{webhook:int}", status_code=HTTP_200_OK, return_dto=WebhookBody)
async def remove_webhook(webhook: FromPath[int]) -> list[Webhook]:
    """Remove a webhook with its deliveries. Returns the others, at most 1000."""
    await existing(webhooks.remove, webhook)
    found: list[Webhook] = await with_connection(webhooks.listed)
    return found


@get("/webhooks/{webhook:int}/deliveries", return_dto=DeliveryBody, media_type=MediaType.JSON)
async def list_deliveries(
    request: Request,
    webhook: FromPath[int],
    in_state: Annotated[State | None, QueryParameter(name="state")] = None,
    limit: Limit = 100,
    after: After = "",
) -> Response[list[Delivery]]:
    """What was sent to a webhook and what waits, newest first."""
    (before,) = paging.place(after, int) or [LARGEST]
    found: list[Delivery] = await existing(
        webhooks.deliveries, webhook, in_state, before, limit + 1
    )
    page, following = paging.cut(found, limit, lambda one: [one.delivery_id])
    return Response(page, media_type=MediaType.JSON, headers=paging.link(request, following))


@post("/webhooks/{webhook:int}/deliveries/{delivery:int}/replay", status_code=HTTP_202_ACCEPTED)
async def replay_delivery(webhook: FromPath[int], delivery: FromPath[int]) -> Replayed:
    """Have an event sent to a webhook again, also one that has arrived."""
    return Replayed(deliveries=await existing(webhooks.replay, webhook, [delivery]))


@post("/webhooks/{webhook:int}/replay", status_code=HTTP_202_ACCEPTED)
async def replay_failed(webhook: FromPath[int]) -> Replayed:
    """Have all events sent to a webhook again that were given up."""
    return Replayed(deliveries=await existing(webhooks.replay, webhook))


HANDLERS = (
    list_webhooks,
    make_webhook,
    remove_webhook,
    list_deliveries,
    replay_delivery,
    replay_failed,
)
