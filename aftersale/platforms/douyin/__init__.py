"""Douyin shops (抖店): facts in docs/platforms/douyin.md; its codes stay in this folder."""

from .access import AUTHORISATION, granted
from .platform import Douyin
from .secrets import SECRETS

__all__ = ["AUTHORISATION", "SECRETS", "Douyin", "granted"]
