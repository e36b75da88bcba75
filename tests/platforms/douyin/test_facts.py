"""Facts shown beside a ticket; every name and value has a label (SPEC O4)."""

from aftersale.domain.platform_facts import NAMES, VALUES
from aftersale.platforms.douyin import codes

from .rows import row, seen


def test_what_people_see_beside_a_ticket() -> None:
    found = row(
        after_sale_type=0,
        after_sale_status=27,
        apply_role=3,
        got_pkg=1,
        refund_post_amount=500,
        auto_audit_bits=[9, 44, 9],
        risk_decsison_code=8,
        risk_decsison_reason="单号 7350000000001 多次使用",
        reason_second_labels=[{"code": 1, "name": "尺码不合"}],
        dispute={
            "arbitrate_status": 4,
            "arbitrate_status_deadline": "1772000900",
            "arbitrate_evidence_tmpl": {"describe": "请提供发货凭证"},
        },
        log=[{"time": "2026-03-01 09:00:00", "role": 1, "text": "发起申请"}],
    )
    ticket = seen(found)
    assert ticket.record.labels == ["risk"]
    assert [(fact.name, fact.value) for fact in ticket.facts] == [
        ("reason_detail", "尺码不合"),
        ("started_by", "platform"),
        ("goods_received", "yes"),
        ("automatic", "merchants_card"),
        ("automatic", "44"),
        ("freight_in_amount", "5.00"),
        ("parcel_warning", "单号 … 多次使用"),
        ("dispute", "proof_of_merchant"),
        ("dispute_until", ""),
        ("dispute_turn", "merchant"),
        ("dispute_wants", "请提供发货凭证"),
        ("history", "发起申请"),
    ]
    at = {fact.name: fact.at for fact in ticket.facts if fact.at}
    assert at["dispute_until"] is not None
    assert at["dispute_until"].timestamp() == 1_772_000_900
    assert at["history"] is not None
    assert at["history"].isoformat() == "2026-03-01T09:00:00+08:00"


def test_every_value_has_a_label() -> None:
    tables = {
        "automatic": set(codes.AUTOMATIC.values()),
        "dispute": set(codes.DISPUTES.values()),
        "kind": set(codes.KINDS.values()),
        "seller_flag": set(codes.FLAGS.values()),
        "paid_with": set(codes.PAID_WITH.values()),
        "started_by": set(codes.STARTED_BY.values()),
        "goods_received": set(codes.RECEIVED.values()),
    }
    assert {name: values - VALUES[name].keys() for name, values in tables.items()} == {
        name: set() for name in tables
    }
    assert tables.keys() <= NAMES.keys()


def test_evidence_are_links_alone() -> None:
    links = ["https://p.invalid/1.jpeg?x-expires=9", "ftp://p.invalid/2", None, 7, "x" * 2_000]
    assert seen(row(evidence=links)).record.evidence == ["https://p.invalid/1.jpeg?x-expires=9"]
    assert seen(row(evidence=None)).record.evidence == []
