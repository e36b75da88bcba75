"""Kuaishou shops (快手小店): facts in PLATFORMS b2 and e1; its codes stay in this folder."""

from .access import AUTHORISATION, granted
from .platform import Kuaishou
from .secrets import SECRETS

__all__ = ["AUTHORISATION", "SECRETS", "Kuaishou", "granted"]
