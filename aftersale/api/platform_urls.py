"""Addresses for the platforms' messages. No token: each platform signs in its own way."""

from django.urls import path

from .platform_messages import messages

app_name = "platforms"
urlpatterns = [
    # Of an app that has one address for all its shops.
    path("<str:platform>/messages", messages, name="app-messages"),
    path("<str:platform>/<str:shop_code>/messages", messages, name="messages"),
]
