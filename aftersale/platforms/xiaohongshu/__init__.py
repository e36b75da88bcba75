"""Xiaohongshu shops (小红书): facts in docs/platforms/xiaohongshu.md; its codes stay in here."""

from .access import AUTHORISATION, granted
from .platform import Xiaohongshu
from .secrets import SECRETS

__all__ = ["AUTHORISATION", "SECRETS", "Xiaohongshu", "granted"]
