"""A connector to begin with (docs/new-platform.md): it reads, and leaves every step to people.

Copied to aftersale/platforms/<name>, it is filled in with the platform's own calls and codes.
"""

from .platform import SECRETS, Sample

__all__ = ["SECRETS", "Sample"]
