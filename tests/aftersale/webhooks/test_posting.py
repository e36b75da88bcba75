"""Where nothing is sent to, and that one call ends in bounded time."""

import ipaddress
import socket
import ssl
import time

import pytest

from aftersale.models import Trouble
from aftersale.services.webhooks import http_post, public_addresses

from .receiver import certificate, receiving

PRIVATE = [
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.8.8.8",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.168.1.1",
    "198.18.0.1", "198.51.100.1", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1",
    "255.255.255.255", "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::8.8.8.8", "64:ff9b:1::1", "100::1",
    "2001::1", "2001:db8::1", "2002:7f00:1::", "fc00::1", "fd12:3456::1", "fe80::1", "fec0::1",
    "ff02::1", "ff0e::1", "3fff::1", "192.88.99.1",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "1.1.1.1", "223.5.5.5", "::ffff:8.8.8.8", "2400:3200::1", "2606:4700::1111"]


@pytest.mark.parametrize("text", PRIVATE)
def test_no_private_address_is_sent_to(settings, text):
    settings.PRODUCTION = True
    assert not public_addresses.allowed(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_are(settings, text):
    settings.PRODUCTION = True
    assert public_addresses.allowed(ipaddress.ip_address(text))


def test_development_adds_the_own_machine_only(settings):
    settings.PRODUCTION = False
    may = {text for text in PRIVATE if public_addresses.allowed(ipaddress.ip_address(text))}
    assert may == {"127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"}


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("https://erp.example.com/hook?key=1", ""),
        ("https://erp.example.com:8443/", ""),
        ("https://xn--fiq228c.example/", ""),
        ("https://8.8.8.8/hook", ""),
        ("http://erp.example.com/", "not_https"),
        ("ftp://erp.example.com/", "not_https"),
        ("//erp.example.com/", "not_https"),
        ("", "not_https"),
        ("https://", "malformed"),
        ("https:///x", "malformed"),
        ("https://erp.example.com:0/", "malformed"),
        ("https://erp.example.com:99999/", "malformed"),
        ("https://[::1/", "malformed"),
        ("https://erp.example.com/\r\nhost: x", "malformed"),
        ("https://erp.example.com/ x", "malformed"),
        ("https://erp.example.com/\0", "malformed"),
        ("https://erp.example.com\\@10.0.0.1/", "malformed"),
        ("https://erp.example.com/#part", "malformed"),
        ("https://erp.exämple.com/", "malformed"),
        ("https://erp.example.com/\udcff", "malformed"),
        ("https://" + "a" * 70 + ".example.com/", "malformed"),
        ("https://example.com/" + "a" * 1000, "malformed"),
        ("https://user@erp.example.com/", "credentials"),
        ("https://u:p@erp.example.com/", "credentials"),
        ("https://localhost/", "private"),
        ("https://a.localhost/", "private"),
        ("https://127.0.0.1/", "private"),
        ("https://[::1]/", "private"),
        ("https://[::ffff:10.0.0.1]/", "private"),
        ("https://169.254.169.254/latest/", "private"),
        ("https://127.1/", "malformed"),
        ("https://0x7f000001/", "malformed"),
        ("https://2130706433/", "malformed"),
        ("https://0177.0.0.1/", "malformed"),
    ],
)
def test_an_address_as_it_is_typed(settings, url, wrong):
    settings.PRODUCTION = True
    assert public_addresses.why_not(url) == wrong


def test_development_takes_loopback_over_http(settings):
    settings.PRODUCTION = False
    assert public_addresses.why_not("http://127.0.0.1:8000/hook") == ""
    assert public_addresses.why_not("http://localhost:8000/hook") == ""
    assert public_addresses.why_not("http://192.168.1.1/") == "private"


def answers(*texts):
    def getaddrinfo(host, port, *_, **__):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (text, port)) for text in texts]

    return getaddrinfo


def post(url: str, seconds: float = 5.0) -> int:
    return http_post.post(
        url, body=b"{}", headers={"content-type": "application/json"}, seconds=seconds
    )


def trouble(url: str, seconds: float = 5.0) -> Trouble:
    with pytest.raises(http_post.Unanswered) as raised:
        post(url, seconds)
    return raised.value.trouble


def test_a_name_that_leads_inside_is_not_connected_to(settings, monkeypatch):
    settings.PRODUCTION = True
    with receiving() as receiver:
        port = receiver.url.split(":")[2]
        for found in (["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::ffff:127.0.0.1"]):
            monkeypatch.setattr(socket, "getaddrinfo", answers(*found))
            assert trouble(f"http://erp.example.com:{port}") == Trouble.NOT_PUBLIC
        assert receiver.calls == []


def test_the_address_that_was_checked_is_the_one_connected_to(monkeypatch):
    """A name that is another one the second time (DNS rebinding): it is resolved once."""
    asked = []

    def first_one_then_another(host, port, **how):
        asked.append(host)
        return answers("127.0.0.1" if len(asked) == 1 else "10.0.0.1")(host, port)

    with receiving() as receiver:
        monkeypatch.setattr(public_addresses.socket, "getaddrinfo", first_one_then_another)
        # The connection uses the checked address without another look-up.
        real = socket.create_connection
        connected = []

        def connect(address, *args, **how):
            connected.append(address[0])
            monkeypatch.undo()
            return real(address, *args, **how)

        monkeypatch.setattr(socket, "create_connection", connect)
        assert post(f"http://erp.example.com:{receiver.url.split(':')[2]}") == 204
        assert (asked, connected) == (["erp.example.com"], ["127.0.0.1"])
        host = receiver.calls[0][0]["host"]
        assert host.startswith("erp.example.com:")


def test_one_that_says_nothing_is_given_up(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert trouble(f"http://127.0.0.1:{silent.getsockname()[1]}/", 0.3) == Trouble.TIMEOUT


def test_one_that_says_a_byte_now_and_then_is_given_up():
    """Each byte comes within any time-out of a single read; the whole does not."""
    with receiving(trickle=0.05) as receiver:
        assert trouble(receiver.url, 0.4) == Trouble.TIMEOUT


def test_a_resolver_that_hangs_is_given_up(monkeypatch):
    """It would have an answer, later."""

    def find_slowly(*_args, **_how):
        time.sleep(1)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 1))]

    monkeypatch.setattr(socket, "getaddrinfo", find_slowly)
    assert trouble("http://erp.example.com/", 5) == Trouble.NO_CONNECTION
    assert trouble("http://erp.example.com/", 0.2) == Trouble.NO_NAME


def test_what_else_goes_wrong_is_named(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        closed = server.getsockname()[1]
    assert trouble(f"http://127.0.0.1:{closed}/") == Trouble.NO_CONNECTION
    with receiving() as receiver:
        assert trouble(receiver.url.replace("http:", "https:")) == Trouble.TLS

    def nothing(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nothing)
    assert trouble("http://erp.example.com/") == Trouble.NO_NAME


def test_the_certificate_must_be_for_the_name_not_for_the_address(monkeypatch, tmp_path):
    """The connection goes to a number; who is there is checked, and asked for, by name."""
    pem = certificate("erp.example.com", tmp_path)
    context = ssl.create_default_context(cafile=pem)
    monkeypatch.setattr(http_post, "_tls", lambda: context)
    monkeypatch.setattr(socket, "getaddrinfo", answers("127.0.0.1"))
    with receiving(pem=pem) as receiver:
        port = receiver.url.split(":")[2]
        assert post(f"https://erp.example.com:{port}") == 204
        assert receiver.asked_for == ["erp.example.com"]
        assert trouble(f"https://other.example.com:{port}") == Trouble.TLS
        monkeypatch.undo()
        monkeypatch.setattr(socket, "getaddrinfo", answers("127.0.0.1"))
        assert trouble(f"https://erp.example.com:{port}") == Trouble.TLS  # nobody vouches for it
        assert len(receiver.calls) == 1
