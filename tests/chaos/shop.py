"""The trials' shop, its owner `olga`, and the program that may send to it."""


def prepare() -> str:
    """Migrates and makes them; the program's token."""
    from django.core.management import call_command
    from django.db import connection

    from tests.api.program import program
    from tests.factories import make_shop, make_user

    call_command("migrate", interactive=False, verbosity=0)
    shop = make_shop(code="s1", connector="sandbox", is_demo=True)
    token = program(shop, make_user(shop, username="olga")).token
    connection.close()
    new_cap()
    return token


def new_cap() -> None:
    """One more strategy: the caps of the others may count as used up today (SPEC G6)."""
    from django.db import connection

    from aftersale.models import Shop
    from strategies.models import Strategy
    from tests.factories import make_strategy

    number = Strategy.objects.count() + 1
    make_strategy(Shop.objects.get(code="s1"), name=f"all {number}", daily_cap="1000000.00")
    connection.close()
