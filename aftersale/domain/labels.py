"""Labels of words that come from platforms; one that is not known is shown as it came."""

from django.utils.translation import gettext_lazy as _

# The buyer's reasons.
REASONS = {
    "no_longer_wanted": _("No longer wanted"),
    "not_as_described": _("Not as described"),
    "quality_issue": _("Quality issue"),
    "wrong_item": _("Wrong item sent"),
    "damaged": _("Arrived damaged"),
    "missing_item": _("Item missing"),
    "not_received": _("Not received"),
    "other": _("Other reason"),
}
PLATFORMS = {
    "kuaishou": _("Kuaishou"),
    "douyin": _("Douyin"),
    "wechat": _("WeChat Channels"),
    "taobao": _("Taobao"),
    "pinduoduo": _("Pinduoduo"),
    "xiaohongshu": _("Xiaohongshu"),
    "other": _("Other platform"),
}
