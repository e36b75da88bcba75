"""`GET /events`: everything that happened in the shop, for programs that missed a webhook."""

import json
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel, Field
from rest_framework.request import Request

from aftersale.api.parse_request import query
from aftersale.models import FeedEvent, Scope
from aftersale.services.access.masks import shown_text
from aftersale.services.webhooks import feed, signing

from . import schema
from .call import CONTENT_TYPE, Call, answer
from .lists import LONGEST_PAGE, PAGE, wrong_cursor
from .problem_codes import ProblemCode
from .problems import Failed


class EventsQuery(BaseModel):
    after: str | None = Field(
        default=None,
        max_length=50,
        description="`next` of the answer before; left out: from the oldest event that is kept",
    )
    page_size: int = Field(default=PAGE, ge=1, le=LONGEST_PAGE)

    model_config = {"extra": "forbid"}


class ShownEvent(BaseModel):
    """The body of the webhook of this event, and its place in the feed."""

    cursor: str
    type: str
    timestamp: str
    data: dict[str, Any]


class Events(BaseModel):
    results: list[ShownEvent]
    next: str | None = Field(
        description="For `after` of the next call: the last event's cursor, or what `after` was"
    )
    more: bool = Field(description="True: the next call answers at once with more")


class EventsCall(Call):
    scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="list_events",
        summary="What happened",
        parameters=schema.parameters(EventsQuery),
        responses={200: Events, (410, CONTENT_TYPE): schema.PROBLEM},
        tags=["events"],
    )
    def get(self, request: Request) -> HttpResponse:
        """The oldest first, in the order of commit, with the types and bodies of webhooks: nothing
        appears behind an event that was read. Kept for 30 days, from the moment that the shop has
        a token that may read, or a webhook. 410 `cursor_gone` where the event named by `after` is
        not kept any more: read the lists (`changed_after`), then go on without `after`."""
        asked = query(request, EventsQuery)
        cursor = None
        if asked.after is not None and (cursor := feed.Cursor.read(asked.after)) is None:
            raise wrong_cursor("after")
        try:
            found = feed.events_after(shop_id=self.shop_id, cursor=cursor, most=asked.page_size + 1)
        except feed.CursorGone as gone:
            raise Failed(410, ProblemCode.CURSOR_GONE, gone.message) from None
        events = found[: asked.page_size]
        last = feed.Cursor.of(events[-1]) if events else cursor
        return answer(
            Events(
                results=[_shown(event) for event in events],
                next=None if last is None else str(last),
                more=len(found) > len(events),
            )
        )


def _shown(event: FeedEvent) -> ShownEvent:
    """A refund's failure is the one free text among the facts."""
    body = json.loads(signing.body_of(event))
    data = body["data"]
    if isinstance(data.get("failure"), str):
        data["failure"] = shown_text(data["failure"], "")
    return ShownEvent(cursor=str(feed.Cursor.of(event)), **body)
