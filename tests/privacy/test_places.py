"""No column that may hold a buyer's data is forgotten (SPEC P7)."""

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.contrib.postgres.fields import ArrayField
from django.db import models

from aftersale.domain.multilingual import MultilingualText
from aftersale.models import FundEntry, Negotiation, RefundAttempt, Shop, Ticket
from aftersale.services.privacy.places import places
from aftersale.services.privacy.rewriting import Rewriting
from aftersale.services.privacy.words import without_words
from tests.admin.scene import make

_TEXT = (models.CharField, models.TextField, models.JSONField, models.BinaryField, ArrayField)

# Columns of text without a buyer's data: numbers of records, goods, names of people, settings,
# secrets and hashes. A new column goes here or among the places.
NONE = {
    "aftersale.AccountLink": "whom digest",
    # Hashes of what is the buyer's, as in addresses of pages.
    "aftersale.ApprovalRequest": "seen",
    "aftersale.ApiToken": "name digest beginning scopes networks",
    # Buyers' data stand in `filters` alone (services/shared/trail.py).
    "aftersale.AuditEntry": "address request_id subject note",
    "aftersale.ColumnMapping": "kind heads content",
    "aftersale.CommissionSplit": "account",
    "aftersale.ErasedBuyer": "digest stand_in",
    # Deleted with the buyer's tickets.
    "aftersale.EvidenceFile": "file name content_type sha256",
    "aftersale.ExportedLine": "order_no line_key",
    "aftersale.FeedEvent": "type subject",
    "aftersale.FileImport": "digests kind mapping tables counts",
    "aftersale.FundEntry": "entry_no",
    "aftersale.IdempotentCall": "key fingerprint content_type",
    # Deleted as soon as they are read, within a week at the most.
    "aftersale.ImportFile": "name",
    "aftersale.ImportPiece": "content",
    "aftersale.ImportRow": "key",
    "aftersale.OfferText": "code name",
    "aftersale.Order": "order_no labels digest",
    "aftersale.OrderLine": "product category title sku picture",
    "aftersale.PlatformAccount": ("platform address sealed shop_there name_there scopes failure"),
    "aftersale.PlatformAuthorisation": "platform address state_hash sealed name_there",
    "aftersale.PlatformCalls": "app",
    "aftersale.PlatformFacts": "number",
    "aftersale.PlatformMessage": "message_id number",
    "aftersale.PlatformProblem": "number",
    "aftersale.PlatformRead": "number",
    "aftersale.PaymentStop": "reason",
    "aftersale.Refund": "public_number",
    "aftersale.RefundAttempt": "key fingerprint",
    "aftersale.RejectReasonTemplate": "reason",
    "aftersale.Rejection": "reason",
    "aftersale.SandboxInstruction": "ticket_no",
    "aftersale.SandboxPayment": "key fingerprint ticket_no",
    # Replaced by its owner's own row in sweep.py.
    "aftersale.SavedFilter": "name query",
    "aftersale.Shipment": "carrier tracking_no lines",
    "aftersale.Shop": (
        "code name platform timezone working_hours special_days commission_categories erasure_key"
        " digest"
    ),
    "aftersale.ShopRequest": "key because ticket_no",
    "aftersale.Ticket": (
        "ticket_no order_no reason labels return_carrier return_tracking_no products categories"
        " flags digest"
    ),
    "aftersale.TicketEvent": "request_id",
    "aftersale.WebhookEndpoint": "url description types secret old_secret",
    "aftersale.WebhookMessage": "public_number type subject",
    "monitoring.DeskCount": "source kind key",
    "monitoring.Robot": "name key secret kinds sent_at answer",
    "strategies.AdviceRun": "scenarios products_left_out present summary drafts",
    "strategies.Decision": ("reason trace labels products categories ticket_labels"),
    "strategies.Heartbeat": "worker host",
    "strategies.RulebookRevision": "content",
    "strategies.Strategy": (
        "name windows order_statuses buyer_reasons products categories refund_reason"
        " breaker_opened_by"
    ),
    "strategies.TrialEvaluation": "real present proposed",
    "strategies.TrialRun": "present proposed summary",
}


def test_each_column_of_text_is_a_place_or_said_to_be_none() -> None:
    found = {place.model._meta.label: {*place.buyers, *place.texts} for place in places()}
    missing, twice = [], []
    for app in ("aftersale", "strategies", "monitoring"):
        for model in apps.get_app_config(app).get_models(include_auto_created=False):
            label = model._meta.label
            none = set(NONE.get(label, "").split())
            for field in model._meta.local_fields:
                if not isinstance(field, _TEXT) or field.choices:
                    continue
                if field.name in found.get(label, set()) and field.name in none:
                    twice.append(f"{label}.{field.name}")
                elif field.name not in found.get(label, set()) | none:
                    missing.append(f"{label}.{field.name}")
    assert (missing, twice) == ([], [])


def leads_home(model: type[models.Model], path: str) -> bool:
    """Whether the path goes to the row's own shop: its column, or that of a row that it cannot be
    without."""
    own = [field.name for field in model._meta.fields if field.related_model is Shop]
    first, _, rest = path.partition("__")
    if own or not rest:
        return own == [path]
    parent = model._meta.get_field(first)
    whole = isinstance(parent, models.ForeignKey) and not parent.null
    return whole and parent.related_model is not User and leads_home(parent.related_model, rest)


def test_each_place_leads_to_its_own_shop() -> None:
    wrong = [place for place in places() if not leads_home(place.model, place.shop)]
    assert wrong == []
    # What would be noticed: another way, one that may be missing, a person's other shops.
    assert leads_home(RefundAttempt, "refund__shop")
    assert not leads_home(Ticket, "order__shop")
    assert not leads_home(FundEntry, "attempt__refund__shop")
    assert not leads_home(Negotiation, "user__memberships__shop")


@pytest.mark.django_db
def test_rows_of_two_shops_are_found_in_their_own() -> None:
    scenes, seen = [make("mine", "owner"), make("theirs", "owner")], set()
    rows = [row for scene in scenes for row in scene.rows]
    for place in places():
        both = {row.pk for row in rows if isinstance(row, place.model)}
        for scene in scenes:
            own = {row.pk for row in scene.rows if isinstance(row, place.model)}
            found = place.model._default_manager.filter(pk__in=both, **{place.shop: scene.shop})
            assert set(found.values_list("pk", flat=True)) == own, place
            seen |= {place.model.__name__} if own else set()
    assert len(seen) > 10


@pytest.mark.parametrize(
    ("buyer", "text", "rewritten"),
    [
        ("b-77", "b-77", "X"),
        ("b-77", "+b-77, -b-77，b-77；“b-77”买家b-77的", "+X, -X，X；“X”买家X的"),
        ("b-77", "b-778 ab-77 b-77-1 x-b-77 b-77_", "b-778 ab-77 b-77-1 x-b-77 b-77_"),
        ("1234", "1234 yuan", "1234 yuan"),
        ("1234", "1234", "X"),
        ("12345", "12345 and 123456", "X and 123456"),
        ("小林", "小林 not 小林森", "X not 小林森"),
        ("a.b", "a.b axb", "X axb"),
    ],
)
def test_numbers_within_texts(buyer: str, text: str, rewritten: str) -> None:
    """Whole words only: another buyer's number may hold this one's."""
    rewrite = Rewriting(buyer, "X")
    assert rewrite(text) == rewritten
    assert rewrite({"a": [text, 7, None]}) == {"a": [rewritten, 7, None]}


def test_numbers_in_addresses_and_answers() -> None:
    rewrite = Rewriting("小 林/1", "X")
    assert rewrite.query("q=%E5%B0%8F+%E6%9E%97%2F1&shop=3&q=b") == "q=X&shop=3&q=b"
    at = "/api/v1/blocked-buyers/%E5%B0%8F%20%E6%9E%97%2F1"
    assert rewrite.address(at) == "/api/v1/blocked-buyers/X"
    assert rewrite('{"buyer":"小 林/1"}'.encode()) == b'{"buyer":"X"}'
    assert rewrite(b"\xff no JSON") == b"\xff no JSON"


def test_own_words_are_cut_out_of_the_history() -> None:
    """SPEC O7 quotes note and pictures at the end of an event."""
    texts = {
        "en": "Amount: ¥1.00 → ¥2.00\nBuyer's note: a\nb → c\nPictures: – → x",
        "zh-hans": "金额：¥1.00 → ¥2.00\n买家留言：a\nb → c",
    }
    cut = without_words(MultilingualText(texts))
    assert isinstance(cut, MultilingualText)
    assert cut.texts == {"en": "Amount: ¥1.00 → ¥2.00\n–", "zh-hans": "金额：¥1.00 → ¥2.00\n–"}
    assert without_words("typed: Pictures: ") == "typed: Pictures: "
