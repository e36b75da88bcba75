"""Where platforms send their messages. No token: each signs in its own way."""

from django.urls import path

from .platform_messages import messages

app_name = "platforms"
urlpatterns = [
    path("<str:platform>/<str:shop_code>/messages", messages, name="messages"),
]
