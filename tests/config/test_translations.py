"""The catalogues say everything; and what checks them would notice if they did not."""

from django.utils import translation

from aftersale.models import AttemptState, RefundStatus
from config import translations
from config.translations import HEADER, Source, problems
from strategies.admin.search.rows import headers
from strategies.models import TrialStatus


def test_unfold_and_django_q_are_wholly_translated():
    """Against the packages as installed: an upgrade with new texts fails here."""
    ours = str(translations.BASE_DIR / "config" / "locale_unfold")
    unfold = [source for source in translations.sources() if str(source.catalogue).startswith(ours)]
    assert len(translations.wanted(unfold[0])) > 150, "the texts were not found at all"
    assert [problem for problem in problems() if problem.startswith("config/locale_unfold")] == []


def test_one_english_word_with_two_senses_is_two_in_chinese():
    """A refund that failed was “not fulfilled”, as a strategy's condition is."""
    with translation.override("zh-hans"):
        assert (RefundStatus.FAILED.label, AttemptState.FAILED.label) == ("失败", "失败")
        assert (TrialStatus.DONE.label, TrialStatus.FAILED.label) == ("已完成", "失败")
        assert "订单状态" in headers()
        assert translation.pgettext("condition", "Failed") == "不满足"


def test_each_kind_of_drift_is_named(tmp_path, monkeypatch):
    code = tmp_path / "code"
    code.mkdir()
    (code / "views.py").write_text('_("said"); _("empty"); _("%(n)s new"); gettext("guessed")\n')
    (code / "page.html").write_text('<p>\n  {% trans "from a template" %}\n</p>')
    catalogue = tmp_path / "django.po"
    catalogue.write_bytes(
        HEADER
        + 'msgid "said"\nmsgstr "说"\n\nmsgid "empty"\nmsgstr ""\n\n'
        'msgid "%(n)s new"\nmsgstr "新"\n\n#, fuzzy\nmsgid "guessed"\nmsgstr "猜"\n\n'
        'msgid "gone"\nmsgstr "没了"\n\n#~ msgid "old"\n#~ msgstr "旧"\n'.encode()
    )
    monkeypatch.setattr(translations, "BASE_DIR", tmp_path)
    monkeypatch.setattr(translations, "sources", lambda: [Source(catalogue, (code,))])
    assert sorted(line.removeprefix("django.po: ") for line in problems()) == [
        "not translated: 'empty'",
        "not translated: 'from a template'",
        "not translated: 'guessed'",
        "obsolete: 'old'",
        "other placeholders: '%(n)s new'",
        "unused: 'gone'",
    ]
    translations.update()
    assert sorted(line.removeprefix("django.po: ") for line in problems()) == [
        "not translated: 'empty'",
        "not translated: 'from a template'",
        "not translated: 'guessed'",
        "other placeholders: '%(n)s new'",
    ]
