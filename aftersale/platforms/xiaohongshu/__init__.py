"""Xiaohongshu shops (小红书): facts in docs/platforms/xiaohongshu.md; its codes stay in here."""

from .platform import Xiaohongshu
from .secrets import SECRETS

__all__ = ["SECRETS", "Xiaohongshu"]
