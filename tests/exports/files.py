"""Files as back offices export them, made up here: heads of each platform, odd cells and all."""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import xlsxwriter

Row = Mapping[str, Any]

KUAISHOU_ORDERS = (
    "订单号,赠品订单号,订单创建时间,订单支付时间,订单状态,实付款,快递费,成交数量,商品名称,商品ID,"
    "商品规格,商品单价,CPS达人ID,快赚客ID,收货人姓名,收货人电话,发货时间"
)
KUAISHOU_AFTER_SALES = (
    "售后单号,订单编号,买家ID,买家昵称,售后类型,退款金额,售后状态,售后原因,申请描述,售后申请时间,"
    "售后完结时间,超时时间,是否ATOM处理,退货物流单号,退货物流公司,商家退货联系人电话"
)
WECHAT_ORDERS = (
    "订单号,订单下单时间,订单发货时间,订单状态,收件人手机,订单实际支付金额,支付时间,技术服务费,礼物单号,"
    "商品名称,商品编码（平台）,商品属性,商品价格(单件),商品实际价格(总共),商品数量,商品已退款金额"
)
WECHAT_AFTER_SALES = (
    "售后单号,售后申请时间,商品编码（平台）,用户到账时间,售后完结时间,订单编号,申请售后数量,退款类型,退款原因,"
    "具体描述,退款金额,退款状态,状态描述,执行方式,用户退换货发货时间,退换货物流单号,退换货物流公司"
)
DOUYIN_ORDERS = (
    "主订单编号,子订单编号,选购商品,商品规格,商品数量,商品ID,订单应付金额,支付优惠,收件人,订单提交时间,"
    "支付完成时间,订单完成时间,订单状态,发货时间"
)
DOUYIN_AFTER_SALES = (
    "售后单号,订单号,商品单号,售后类型,退商品金额（元）,退运费金额（元）,退支付优惠（元）,退税费金额（元）,售后状态,"
    "售后申请时间,售后原因,退货物流单号,退货发货时间,退货物流公司,自动处理截止时间,商家退款时间,用户售后说明"
)
TAOBAO_ORDERS = (
    "订单编号,买家会员名,买家支付宝账号,买家实际支付金额,订单状态,收货人姓名,订单创建时间,订单付款时间,宝贝标题,"
    "宝贝种类,宝贝总数量"
)
TAOBAO_LINES = "订单编号,标题,价格,购买数量,外部系统编号,商品属性,备注,商家编码"
TAOBAO_AFTER_SALES = (
    "订单编号,退款编号,商品编码,退款完结时间,买家退款金额,是否需要退货,退款的申请时间,超时时间,退款状态,货物状态,"
    "卖家电话,退货物流单号,退货物流公司,买家退款原因"
)
PINDUODUO_ORDERS = (
    "商品,订单号,订单状态,用户实付金额(元),商家实收金额(元),商品数量(件),支付时间,发货时间,确认收货时间,商品id,"
    "商品规格,售后状态,订单成交时间"
)
PINDUODUO_AFTER_SALES = "售后编号,订单编号,交易金额,售后状态,退款类型,退款金额,退款原因,申请时间"
XIAOHONGSHU_ORDERS = (
    "订单号,订单状态,小红书编码,规格ID,SKU名称,SKU规格,SKU件数,用户应付金额(元),商家应收金额(元)（支付金额）,"
    "支付时间,订购人身份证号/ID Number,订单创建时间,用户编号,商品ID"
)
XIAOHONGSHU_AFTER_SALES = (
    "售后单号,订单号,商品名称,申请售后金额(元),售后类型,原因,退货创建时间,售后状态,售后申请时间"
)
JD_ORDERS = (
    "订单号,商品ID,商品名称,订购数量,下单时间,京东价,应付金额,订单状态,"
    "下单帐号,客户姓名,联系电话,付款确认时间"
)
JD_AFTER_SALES = (
    "服务单号,订单号,客户期望,服务单状态,一级申请原因,客户问题描述,"
    "售后申请时间,下单账号,商品编号,退款金额"
)


def csv_file(
    heads: str,
    rows: Sequence[Row],
    *,
    encoding: str = "utf-8-sig",
    above: Sequence[str] = (),
    below: Sequence[Sequence[str]] = (),
) -> bytes:
    names = heads.split(",")
    out = io.StringIO(newline="")
    for line in above:
        out.write(line + "\r\n")
    writer = csv.writer(out)
    writer.writerow(names)
    writer.writerows([row.get(name, "") for name in names] for row in rows)
    writer.writerows(below)
    return out.getvalue().encode(encoding)


def xlsx_file(heads: str, rows: Sequence[Row], *, above: Sequence[Sequence[str]] = ()) -> bytes:
    names = heads.split(",")
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet("Sheet1")
    table = [*above, names, *([row.get(name, "") for name in names] for row in rows)]
    for place, cells in enumerate(table):
        sheet.write_row(place, 0, cells)
    book.close()
    return out.getvalue()


def zip_file(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return out.getvalue()
