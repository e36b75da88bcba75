"""Kuaishou shops (快手小店): facts in PLATFORMS b2 and e1; its codes stay in this folder."""

from .platform import Kuaishou
from .secrets import SECRETS

__all__ = ["SECRETS", "Kuaishou"]
