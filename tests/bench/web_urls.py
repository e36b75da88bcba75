"""The program's addresses and the floor of its pages: who is logged in, and nothing else."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from config import urls

BARE = "/admin/bare/"
handler500 = urls.handler500


def bare(request: HttpRequest) -> HttpResponse:
    """Session and user are read, as for each page."""
    return HttpResponse(f"<!DOCTYPE html><title>Bare</title>{request.user.get_username()}")


urlpatterns = [path(BARE.removeprefix("/"), bare), *urls.urlpatterns]
