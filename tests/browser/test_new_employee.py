"""SPEC P1, P5: a new employee's day, from the invitation to the first approval by passkey."""

import re
import time
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page, expect

from aftersale.models import AuditEntry, Role, Ticket
from aftersale.services.access import links
from tests.admin.test_login import PASSWORD
from tests.factories import make_order, make_shop, make_ticket, make_user

from .console import problems_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_from_the_invitation_to_the_first_approval(page: Page, live_server: Any) -> None:
    with transaction.atomic():
        shop = make_shop(name="Tea house")
        owner = make_user(shop, username="boss")
        ticket = make_ticket(make_order(shop), awaiting_evaluation=False)
        _link, text = links.invite(
            shop_ids=[shop.pk], role=Role.ADMIN, whom="Mei", user=owner, now=timezone.now()
        )
    problems = problems_of(page)
    authenticator = page.context.new_cdp_session(page)
    authenticator.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
        "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    authenticator.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    page.goto(f"{live_server.url}/account/links/{text}/")
    expect(page.get_by_text("Tea house")).to_be_visible()
    page.fill("[name=name]", "梅丽")
    page.fill("[name=username]", "mei")
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="加入").click()
    expect(page.get_by_text("您的角色必须设置两步验证")).to_be_visible()

    page.get_by_role("link", name="设置验证器").click()
    secret = page.locator(".ac-key").inner_text()
    page.fill("[name=code]", format_hotp_value(hotp_value(secret, int(time.time()) // 30)))
    page.get_by_role("button", name="启用").click()
    expect(page.locator("#recovery-codes li")).to_have_count(10)
    page.get_by_role("link", name="我已保存好").click()
    expect(page).to_have_url(f"{live_server.url}/admin/")

    page.goto(f"{live_server.url}/account/passkeys/add/")
    page.get_by_role("button", name="添加通行密钥").click()
    expect(page.get_by_text("通行密钥 1")).to_be_visible()
    page.context.clear_cookies(name="sessionid")

    page.goto(f"{live_server.url}/admin/workbench/?case={ticket.pk}")
    page.get_by_role("button", name="用通行密钥登录").click()
    expect(page).to_have_url(re.compile("/admin/workbench/"))
    expect(page.locator("#wb-case h2").first).to_contain_text(ticket.buyer)
    page.keyboard.press("a")
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("button[type=submit]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    ticket = Ticket.objects.get(pk=ticket.pk)
    assert ticket.status == "refunding"
    kinds = list(AuditEntry.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == [
        "member",
        "member",
        "joined",
        "logged_in",
        "factor_added",
        "factor_added",
        "logged_in",
    ]
    assert problems == []
