// From the order to the refund's result, as docs/integration.md leads through, by the client that is
// generated from the OpenAPI document. The compiler checks each body, address and answer.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

declare const process: { env: Record<string, string | undefined> };
declare const console: { log(text: string): void };

function same(found: unknown, expected: unknown): void {
  const [one, other] = [JSON.stringify(found), JSON.stringify(expected)];
  if (one !== other) throw new Error(`${one} is not ${other}`);
}

const api = createClient<paths>({
  baseUrl: process.env["AFTERDESK_URL"],
  headers: { Authorization: `Bearer ${process.env["AFTERDESK_TOKEN"]}` },
});
const order: components["schemas"]["SentOrder"] = JSON.parse(process.env["ORDER"]!);
const ticket: components["schemas"]["SentTicket"] = JSON.parse(process.env["TICKET"]!);

const orders = await api.POST("/api/v1/orders", { body: [order] });
if (!orders.data || !("results" in orders.data)) throw new Error("no results");
same(orders.data.results.map((one) => one.result), ["created"]);

const tickets = await api.POST("/api/v1/tickets", { body: ticket });
same(tickets.response.status, 201);
const wrong = await api.POST("/api/v1/tickets", { body: [{ ...ticket, amount: "1.005" }] });
if (!wrong.data || !("results" in wrong.data)) throw new Error("no results");
same(wrong.data.results.map((one) => [one.result, one.errors?.[0]?.pointer]), [["refused", "#/amount"]]);

const at = { params: { path: { order_no: order.order_no } } };
const check = await api.GET("/api/v1/orders/{order_no}/ship-check", at);
same([check.data?.ship, check.data?.reason], [false, "refund_requested"]);

const approve = () =>
  api.POST("/api/v1/tickets/{ticket_no}/approve", {
    params: { path: { ticket_no: ticket.ticket_no }, header: { "Idempotency-Key": "approve-1" } },
  });
const approved = await approve();
same([approved.response.status, (await approve()).data], [200, approved.data]);
const refund = approved.data?.refund;
if (!refund) throw new Error("no refund");

const unknown = await api.GET("/api/v1/orders/{order_no}", { params: { path: { order_no: "none" } } });
same([unknown.response.status, unknown.error?.code], [404, "not_found"]);

const done = await api.POST("/api/v1/refunds/{number}/result", {
  params: { path: { number: refund.id } },
  body: { status: "succeeded", attempt: refund.attempt, amount: refund.amount },
});
same(done.response.status, 200);
const now = await api.GET("/api/v1/tickets/{ticket_no}", {
  params: { path: { ticket_no: ticket.ticket_no } },
});
same(now.data?.status, "refunded");
console.log("refunded");
