"""A group robot from its making to what its platform says of a test, in a browser (SPEC M4)."""

from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from aftersale.services.webhooks.http_post import Answer as Heard
from monitoring.models import Robot
from monitoring.services.robots import sending
from tests.admin.scene import make
from tests.monitoring.platforms import ADDRESSES, listening, taken

from .axe import found_by_axe
from .console import problems_of
from .signed_in import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_added_tried_and_mended(page: Page, live_server: Any) -> None:
    with transaction.atomic():
        scene = make("mine", "admin")
        Robot.objects.all().delete()
    cookie = {"name": "django_language", "value": "en", "url": live_server.url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, live_server, "mine-admin")
    problems = problems_of(page)
    dialog = page.locator("#desk-dialog")
    with listening() as platforms:
        page.goto(live_server.url + reverse("monitoring:robots", args=[scene.shop.pk]))
        page.get_by_role("button", name="Add a robot").click()
        page.get_by_label("Name").fill("Night shift")
        page.get_by_label("Webhook address").fill(ADDRESSES["wecom"])
        page.get_by_label("Each day from").fill("09:00")
        page.get_by_label("Each day until").fill("21:00")
        assert found_by_axe(page) == []
        dialog.get_by_role("button", name="Add the robot").click()

        robot = page.get_by_role("region", name="Night shift")
        expect(robot).to_contain_text("09:00–21:00")
        platforms.answer = lambda host: Heard(200, b'{"errcode": 93000, "errmsg": "invalid"}')
        robot.get_by_role("button", name="Send a test message").click()
        expect(robot).to_contain_text("A test message is on its way")
        sending.run(clock=timezone.now, seconds=0.5)
        expect(robot).to_contain_text("The platform knows no such robot")  # by itself
        expect(robot).to_contain_text("The platform's answer: 93000 invalid")
        assert found_by_axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == 390

        platforms.answer = taken
        robot.get_by_role("button", name="Send a test message").click()
        expect(robot).to_contain_text("A test message is on its way")
        sending.run(clock=timezone.now, seconds=0.5)
        expect(robot.get_by_text("On", exact=True)).to_be_visible()
        assert len(platforms.calls) == 2
        robot.get_by_role("button", name="Remove").click()
        dialog.get_by_role("button", name="Remove the robot").click()
        expect(page.get_by_text("No group is told of anything yet")).to_be_visible()
    assert not Robot.objects.exists() and problems == []
