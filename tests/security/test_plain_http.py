"""Plain HTTP where HTTPS is required: pages redirect, programs are told, health is shown."""

import pytest
from django.test import Client, RequestFactory
from pytest_django import Settings

from config.login import address_of
from tests.api.program import program
from tests.factories import make_shop, make_user


@pytest.mark.django_db
def test_over_http(settings: Settings) -> None:
    shop = make_shop()
    erp = program(shop, make_user(shop))
    settings.SECURE_SSL_REDIRECT = True
    status, content, _response = erp.get("/orders")
    assert (status, content["code"]) == (403, "needs_https")
    assert Client().get("/healthz").status_code == 200
    assert Client().get("/readyz").status_code in (200, 503)
    for page in ("/admin/", "/api/v1/docs/", "/metrics"):
        assert Client().get(page).status_code == 301
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert Client().get("/api/v1/orders", HTTP_X_FORWARDED_PROTO="https").status_code == 401


@pytest.mark.parametrize(
    ("sent", "address"),
    [
        ("192.0.2.1, 203.0.113.9:4711", "203.0.113.9"),
        ("[2001:db8:0:1:2::3]:4711", "2001:db8:0:1::"),
        ("[2001:db8:0:1:2::3]", "2001:db8:0:1::"),
        ("2001:db8:0:1:2::3", "2001:db8:0:1::"),
        ("nonsense:80", None),
    ],
)
def test_a_proxy_may_add_the_port(settings: Settings, sent: str, address: str | None) -> None:
    settings.BEHIND_PROXY = True
    assert address_of(RequestFactory().get("/", HTTP_X_FORWARDED_FOR=sent)) == address
