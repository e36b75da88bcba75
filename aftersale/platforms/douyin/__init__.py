"""Douyin shops (抖店): facts in docs/platforms/douyin.md; its codes stay in this folder."""

from .platform import Douyin
from .secrets import SECRETS

__all__ = ["SECRETS", "Douyin"]
