"""The program's settings, with a payer outside of it: what the trials run with."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = [*_APPS, "tests.chaos.apps.ChaosConfig"]
