"""Clients of the pages' tests, and what their answers say."""

import re
from html import unescape
from typing import Any

from django.contrib.auth.models import User
from django.db import models
from django.test import Client
from django.urls import reverse


def url(model: type[models.Model], page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def client_in(language: str, user: User) -> Client:
    client = client_of(user)
    client.cookies["django_language"] = language
    return client


def english_client(user: User) -> Client:
    return client_in("en", user)


def chinese_client(user: User) -> Client:
    return client_in("zh-hans", user)


def body(client: Client, address: str) -> str:
    response = client.get(address, follow=True)
    assert response.status_code in (200, 400, 403, 404), address
    return response.content.decode()


def text_of(response: Any) -> str:
    """The words of a page, on one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())
