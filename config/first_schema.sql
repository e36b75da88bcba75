-- Written by `make first-schema`.
SET LOCAL check_function_bodies = off;

CREATE FUNCTION public.aftersale_audit_stays() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.at < now() - interval '400 days' THEN RETURN OLD; END IF;
    ELSIF current_setting('afterdesk.erasing', true) = 'on'
        AND to_jsonb(NEW) - '{filters,scope}'::text[] = to_jsonb(OLD) - '{filters,scope}'::text[]
    THEN RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the audit trail is append-only';
END $$;


CREATE FUNCTION public.aftersale_awaiting_since() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'INSERT' OR NOT OLD.awaiting_evaluation OR NEW.awaiting_since IS NULL THEN
        NEW.awaiting_since := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;


CREATE FUNCTION public.aftersale_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.changed_at := now();
    RETURN NEW;
END $$;


CREATE FUNCTION public.aftersale_feed_to_webhooks() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO aftersale_webhookmessage
        (endpoint_id, type, subject, at, data, state, attempts, failure)
    SELECT w.id, e.type, e.subject, e.at, e.data, 'waiting', 0, ''
      FROM fresh e
      JOIN aftersale_webhookendpoint w ON w.shop_id = e.shop_id AND w.enabled
           AND e.type = ANY (w.types)
     ORDER BY e.id, w.id;
    RETURN NULL;
END $$;


CREATE FUNCTION public.aftersale_listened() RETURNS TABLE(shop_id bigint)
    LANGUAGE sql STABLE
    AS $$
    SELECT w.shop_id FROM aftersale_webhookendpoint w WHERE w.enabled
    UNION
    SELECT t.shop_id FROM aftersale_apitoken t
     WHERE t.revoked_at IS NULL AND 'read' = ANY (t.scopes)
$$;


CREATE TABLE public.aftersale_refund (
    id bigint NOT NULL,
    amount bigint NOT NULL,
    source character varying(16) NOT NULL,
    decision_id bigint,
    requested_at timestamp with time zone NOT NULL,
    reason character varying(128) NOT NULL,
    status character varying(16) NOT NULL,
    ever_sent boolean NOT NULL,
    released boolean NOT NULL,
    needs_people boolean NOT NULL,
    next_step_at timestamp with time zone,
    failure text NOT NULL,
    settled_at timestamp with time zone,
    order_id bigint NOT NULL,
    requested_by_id integer,
    shop_id bigint NOT NULL,
    ticket_id bigint NOT NULL,
    version timestamp with time zone,
    refunded_elsewhere bigint,
    reference character varying(64) DEFAULT ''::character varying NOT NULL,
    public_number character varying(36) DEFAULT (gen_random_uuid())::character varying(36) NOT NULL,
    changed_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    requested_token_id bigint,
    CONSTRAINT refund_amount_above_zero CHECK ((amount > 0)),
    CONSTRAINT refund_settled_has_no_next_step CHECK (((next_step_at IS NULL) OR ((status)::text = ANY (ARRAY[('requested'::character varying)::text, ('sending'::character varying)::text, ('unknown'::character varying)::text]))))
);


CREATE FUNCTION public.aftersale_refund_facts(r public.aftersale_refund, shop text, ticket_no text, order_no text) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
    SELECT jsonb_build_object(
            'shop', shop, 'ticket_no', ticket_no, 'order_no', order_no,
            'refund_id', r.public_number,
            'attempt', (
                SELECT coalesce(
                    max(a.number) FILTER (
                        WHERE a.state IN ('leased', 'accepted', 'unknown', 'succeeded')),
                    max(a.number) + CASE r.status WHEN 'failed' THEN 0 ELSE 1 END,
                    1)
                  FROM aftersale_refundattempt a WHERE a.refund_id = r.id),
            'amount', aftersale_yuan(r.amount), 'source', r.source, 'decision_id', r.decision_id)
        || CASE r.status WHEN 'failed' THEN jsonb_build_object('failure', r.failure)
                         ELSE '{}' END
$$;


CREATE FUNCTION public.aftersale_tell(shop bigint, kind text, about text, moment timestamp with time zone, facts jsonb) RETURNS void
    LANGUAGE sql
    AS $$
    INSERT INTO aftersale_feedevent (shop_id, type, subject, at, data)
    SELECT shop, kind, about, moment, facts
     WHERE shop IN (SELECT shop_id FROM aftersale_listened())
$$;


CREATE FUNCTION public.aftersale_tell_events() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM aftersale_listened()) THEN
        RETURN NULL;
    END IF;
    INSERT INTO aftersale_feedevent (shop_id, type, subject, at, data)
    SELECT t.shop_id, k.type, 'ticket:' || t.id, e.at,
        jsonb_build_object(
            'shop', s.code, 'ticket_no', t.ticket_no, 'order_no', t.order_no, 'type', t.type,
            'reason', t.reason, 'amount', aftersale_yuan(t.amount))
        || CASE e.kind
            WHEN 'arrived' THEN jsonb_build_object('status', t.status)
            WHEN 'status' THEN jsonb_build_object(
                'what', e.kind, 'by', e.actor, 'from', e.from_status, 'status', e.to_status)
            ELSE jsonb_build_object('what', e.kind, 'by', e.actor, 'status', t.status)
        END
       FROM fresh e
       JOIN (VALUES ('arrived', 'ticket.arrived'), ('status', 'ticket.updated'),
                    ('reported', 'ticket.updated'), ('flag', 'ticket.updated')
            ) AS k (kind, type) ON k.kind = e.kind
       JOIN aftersale_ticket t ON t.id = e.ticket_id
       JOIN aftersale_shop s ON s.id = t.shop_id
      WHERE t.shop_id IN (SELECT shop_id FROM aftersale_listened())
      ORDER BY e.id;
    RETURN NULL;
END $$;


CREATE FUNCTION public.aftersale_tell_refund_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    -- Another attempt after one that failed is told as sent again, not as approved again.
    PERFORM aftersale_tell(
        NEW.shop_id, k.kind, 'ticket:' || NEW.ticket_id, coalesce(k.moment, now()),
        aftersale_refund_facts(NEW, s.code, t.ticket_no, t.order_no))
       FROM aftersale_ticket t, aftersale_shop s, (VALUES
            ('requested', 'refund.requested', NEW.requested_at,
             OLD.status IN ('failed', 'taken_back')),
            ('sending', 'refund.sent', NULL, OLD.status = 'requested'),
            ('succeeded', 'refund.succeeded', NEW.settled_at, true),
            ('failed', 'refund.failed', NEW.settled_at, true),
            ('taken_back', 'refund.taken_back', NEW.settled_at, true)
        ) AS k (status, kind, moment, holds)
      WHERE k.status = NEW.status AND k.holds AND t.id = NEW.ticket_id AND s.id = NEW.shop_id
        AND NEW.shop_id IN (SELECT shop_id FROM aftersale_listened());
    RETURN NULL;
END $$;


CREATE FUNCTION public.aftersale_tell_refunds() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM aftersale_listened()) THEN
        RETURN NULL;
    END IF;
    INSERT INTO aftersale_feedevent (shop_id, type, subject, at, data)
    SELECT r.shop_id, 'refund.' || r.status, 'ticket:' || r.ticket_id,
        CASE r.status WHEN 'requested' THEN r.requested_at ELSE coalesce(r.settled_at, now()) END,
        aftersale_refund_facts(r, s.code, t.ticket_no, t.order_no)
       FROM fresh r
       JOIN aftersale_ticket t ON t.id = r.ticket_id
       JOIN aftersale_shop s ON s.id = r.shop_id
      WHERE r.status IN ('requested', 'succeeded', 'failed')
        AND r.shop_id IN (SELECT shop_id FROM aftersale_listened())
      ORDER BY r.id;
    RETURN NULL;
END $$;


CREATE FUNCTION public.aftersale_tell_window() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM aftersale_tell(
        NEW.shop_id, CASE WHEN NEW.closed_at IS NULL THEN 'window.opened' ELSE 'window.closed' END,
        'window:' || NEW.id, coalesce(NEW.closed_at, NEW.opened_at),
        jsonb_build_object(
            'shop', s.code, 'order_no', o.order_no, 'window_id', NEW.id,
            'opened_at', NEW.opened_at, 'closes_at', NEW.closes_at)
        || CASE WHEN NEW.closed_at IS NULL THEN '{}'
                ELSE jsonb_build_object('closed_at', NEW.closed_at) END)
       FROM aftersale_order o JOIN aftersale_shop s ON s.id = o.shop_id
      WHERE o.id = NEW.order_id;
    RETURN NULL;
END $$;


CREATE FUNCTION public.aftersale_yuan(fen bigint) RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT to_char(fen * 0.01, 'FM99999999999999990.00')
$$;


CREATE FUNCTION public.monitoring_alert_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM monitoring_mark(NEW.shop_id, NEW.raised_at);
    PERFORM monitoring_fate_changed(NEW.ticket_id);
    RETURN NULL;
END $$;


CREATE FUNCTION public.monitoring_answer_new() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM monitoring_mark(t.shop_id, NEW.at) FROM aftersale_ticket t WHERE t.id = NEW.ticket_id;
    RETURN NULL;
END $$;


CREATE FUNCTION public.monitoring_ended_ticket_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM monitoring_mark(shop_id, settled_at) FROM aftersale_refund
      WHERE ticket_id = NEW.id AND settled_at IS NOT NULL;
    PERFORM monitoring_upheld_changed(NEW.id);
    RETURN NULL;
END $$;


CREATE FUNCTION public.monitoring_event_new() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM monitoring_fate_changed(NEW.ticket_id);
    PERFORM monitoring_mark(t.shop_id, NEW.at) FROM aftersale_ticket t WHERE t.id = NEW.ticket_id;
    RETURN NULL;
END $$;


CREATE FUNCTION public.monitoring_fate_changed(ticket bigint) RETURNS void
    LANGUAGE sql
    AS $$
    SELECT monitoring_mark(t.shop_id, r.at)
      FROM aftersale_rejection r JOIN aftersale_ticket t ON t.id = r.ticket_id
     WHERE r.ticket_id = ticket;
    SELECT monitoring_mark(shop_id, decided_at) FROM strategies_decision
     WHERE ticket_id = ticket AND strategy_id IS NOT NULL;
    SELECT monitoring_mark(shop_id, settled_at) FROM aftersale_refund
     WHERE ticket_id = ticket AND settled_at IS NOT NULL;
    SELECT monitoring_upheld_changed(ticket)

$$;


CREATE FUNCTION public.monitoring_mark(shop bigint, moment timestamp with time zone) RETURNS void
    LANGUAGE sql
    AS $$
    INSERT INTO monitoring_stalemoment (shop_id, at, written_by)
    SELECT shop, date_bin('15 minutes', moment, '2000-01-01 00:00+00'),
           pg_current_xact_id()::text::bigint
    WHERE moment < now() - interval '30 minutes'
    ON CONFLICT DO NOTHING
$$;


CREATE FUNCTION public.monitoring_order_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM monitoring_mark(NEW.shop_id, NEW.paid_at);
    PERFORM monitoring_mark(OLD.shop_id, OLD.paid_at);
    RETURN NULL;
END $$;


CREATE FUNCTION public.monitoring_orders_new() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM monitoring_mark(shop_id, paid_at)
       FROM (SELECT DISTINCT shop_id, date_bin('15 minutes', paid_at, '2000-01-01 00:00+00')
               FROM fresh WHERE paid_at < now() - interval '30 minutes') AS x (shop_id, paid_at);
    RETURN NULL;
END $$;


CREATE FUNCTION public.monitoring_refund_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM monitoring_mark(NEW.shop_id, NEW.settled_at);
    IF TG_OP = 'UPDATE' THEN
        PERFORM monitoring_mark(OLD.shop_id, OLD.settled_at);
    END IF;
    RETURN NULL;
END $$;


CREATE FUNCTION public.monitoring_refunded_after_rejection() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM monitoring_upheld_changed(id) FROM aftersale_ticket
      WHERE order_id = NEW.order_id AND rejected_before AND id <> NEW.ticket_id;
    RETURN NULL;
END $$;


CREATE FUNCTION public.monitoring_rejection_new() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    -- It may end what an earlier rejection of the ticket led to.
    PERFORM monitoring_fate_changed(NEW.ticket_id);
    RETURN NULL;
END $$;


CREATE FUNCTION public.monitoring_tell_alert() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM aftersale_tell(
        NEW.shop_id, 'alert.raised', 'alert:' || NEW.id, NEW.raised_at,
        jsonb_build_object('shop', s.code, 'alert_id', NEW.id, 'kind', NEW.kind, 'day', NEW.day)
        || jsonb_strip_nulls(jsonb_build_object(
            CASE NEW.kind WHEN 'cap' THEN 'strategy' WHEN 'breaker' THEN 'strategy'
                WHEN 'refund_failed' THEN 'ticket_no' WHEN 'deadline' THEN 'ticket_no'
                WHEN 'shipping' THEN 'order_no' ELSE 'about' END, NEW.facts->>'name',
            'percent', CASE WHEN NEW.kind = 'cap' THEN NEW.threshold END,
            'used', aftersale_yuan((NEW.facts->>'used')::bigint),
            'cap', aftersale_yuan((NEW.facts->>'cap')::bigint),
            'amount', aftersale_yuan((NEW.facts->>'amount')::bigint),
            'hits', NEW.facts->'hits',
            'minutes', NEW.facts->'minutes',
            'status', NEW.facts->>'status',
            'due_at', NEW.facts->>'due_at',
            'because', coalesce(NEW.facts->>'because', NEW.facts->>'kind'))))
       FROM aftersale_shop s WHERE s.id = NEW.shop_id;
    RETURN NULL;
END $$;


CREATE FUNCTION public.monitoring_ticket_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM monitoring_mark(NEW.shop_id, NEW.applied_at);
    PERFORM monitoring_mark(OLD.shop_id, OLD.applied_at);
    RETURN NULL;
END $$;


CREATE FUNCTION public.monitoring_tickets_new() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM monitoring_mark(shop_id, applied_at)
       FROM (SELECT DISTINCT shop_id, date_bin('15 minutes', applied_at, '2000-01-01 00:00+00')
               FROM fresh WHERE applied_at < now() - interval '30 minutes')
            AS x (shop_id, applied_at);
    RETURN NULL;
END $$;


CREATE FUNCTION public.monitoring_upheld_changed(ticket bigint) RETURNS void
    LANGUAGE sql
    AS $$
    SELECT monitoring_mark(t.shop_id, e.at + interval '7 days')
      FROM aftersale_ticketevent e JOIN aftersale_ticket t ON t.id = e.ticket_id
     WHERE e.ticket_id = ticket AND e.to_status = 'rejected';
    SELECT monitoring_mark(t.shop_id, e.at)
      FROM aftersale_ticketevent e JOIN aftersale_ticket t ON t.id = e.ticket_id
     WHERE e.ticket_id = ticket AND e.from_status = 'arbitration'

$$;


CREATE FUNCTION public.strategies_tell_decisions() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM aftersale_listened()) THEN
        RETURN NULL;
    END IF;
    INSERT INTO aftersale_feedevent (shop_id, type, subject, at, data)
    SELECT d.shop_id, 'ticket.decided', 'ticket:' || d.ticket_id, d.decided_at,
        jsonb_build_object(
            'shop', s.code, 'ticket_no', t.ticket_no, 'order_no', t.order_no,
            'decision_id', d.id, 'outcome', d.outcome, 'why', nullif(d.why, ''),
            'source', nullif(d.source, ''), 'scenario', nullif(d.scenario, ''),
            'strategy', y.name, 'revision', r.number, 'amount', aftersale_yuan(d.amount))
       FROM fresh d
       JOIN aftersale_ticket t ON t.id = d.ticket_id
       JOIN aftersale_shop s ON s.id = d.shop_id
       LEFT JOIN strategies_rulebookrevision r ON r.id = d.rulebook_id
       LEFT JOIN strategies_strategy y ON y.id = d.strategy_id
      WHERE d.shop_id IN (SELECT shop_id FROM aftersale_listened())
      ORDER BY d.id;
    RETURN NULL;
END $$;


CREATE TABLE public.account_emailaddress (
    id integer NOT NULL,
    email character varying(254) NOT NULL,
    verified boolean NOT NULL,
    "primary" boolean NOT NULL,
    user_id integer NOT NULL
);


ALTER TABLE public.account_emailaddress ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.account_emailaddress_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.account_emailconfirmation (
    id integer NOT NULL,
    created timestamp with time zone NOT NULL,
    sent timestamp with time zone,
    key character varying(64) NOT NULL,
    email_address_id integer NOT NULL
);


ALTER TABLE public.account_emailconfirmation ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.account_emailconfirmation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_accountlink (
    id bigint NOT NULL,
    whom character varying(64) NOT NULL,
    role character varying(16) NOT NULL,
    digest character varying(64) NOT NULL,
    made_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    withdrawn_at timestamp with time zone,
    names_refused smallint NOT NULL,
    made_by_id integer NOT NULL,
    used_by_id integer,
    user_id integer,
    CONSTRAINT account_link_one_end CHECK (((used_at IS NULL) OR (withdrawn_at IS NULL))),
    CONSTRAINT account_link_one_purpose CHECK (((((role)::text > ''::text) AND (user_id IS NULL)) OR (((role)::text = ''::text) AND (user_id IS NOT NULL)))),
    CONSTRAINT aftersale_accountlink_names_refused_check CHECK ((names_refused >= 0))
);


ALTER TABLE public.aftersale_accountlink ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_accountlink_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_accountlink_shops (
    id bigint NOT NULL,
    accountlink_id bigint NOT NULL,
    shop_id bigint NOT NULL
);


ALTER TABLE public.aftersale_accountlink_shops ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_accountlink_shops_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_aftersalewindow (
    id bigint NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    agreement character varying(500) NOT NULL,
    closes_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    opened_by_id integer,
    order_id bigint NOT NULL,
    shop_id bigint NOT NULL,
    changed_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    opened_token_id bigint,
    CONSTRAINT window_closes_after_it_opened CHECK ((closes_at > opened_at))
);


ALTER TABLE public.aftersale_aftersalewindow ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_aftersalewindow_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_apitoken (
    id bigint NOT NULL,
    name character varying(64) NOT NULL,
    digest character varying(64) NOT NULL,
    beginning character varying(16) NOT NULL,
    scopes character varying(16)[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    last_used_at timestamp with time zone,
    minute bigint NOT NULL,
    calls integer NOT NULL,
    created_by_id integer NOT NULL,
    revoked_by_id integer,
    shop_id bigint NOT NULL,
    expires_at timestamp with time zone,
    networks character varying(43)[] DEFAULT '{}'::character varying(43)[] NOT NULL
);


ALTER TABLE public.aftersale_apitoken ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_apitoken_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_approvallimit (
    id bigint NOT NULL,
    role character varying(16) NOT NULL,
    amount bigint NOT NULL,
    shop_id bigint NOT NULL,
    CONSTRAINT approval_limit_not_negative CHECK ((amount >= 0))
);


ALTER TABLE public.aftersale_approvallimit ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_approvallimit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_approvalrequest (
    id bigint NOT NULL,
    kind character varying(16) NOT NULL,
    amount bigint NOT NULL,
    together bigint NOT NULL,
    alone_up_to bigint NOT NULL,
    committed_before bigint NOT NULL,
    arguments jsonb NOT NULL,
    seen text NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    state character varying(16) NOT NULL,
    settled_at timestamp with time zone,
    note text NOT NULL,
    requested_by_id integer NOT NULL,
    settled_by_id integer,
    shop_id bigint NOT NULL,
    ticket_id bigint NOT NULL,
    requested_token_id bigint,
    CONSTRAINT approval_request_above_zero CHECK ((amount > 0)),
    CONSTRAINT approval_request_confirmed_by_another CHECK (((NOT ((state)::text = 'confirmed'::text)) OR ((settled_by_id IS NOT NULL) AND (NOT ((settled_by_id = requested_by_id) AND (settled_by_id IS NOT NULL)))))),
    CONSTRAINT approval_request_settled_at_a_time CHECK ((((settled_at IS NULL) AND (settled_by_id IS NULL) AND ((state)::text = 'waiting'::text)) OR ((NOT ((state)::text = 'waiting'::text)) AND (settled_at IS NOT NULL))))
);


ALTER TABLE public.aftersale_approvalrequest ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_approvalrequest_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_auditentry (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    kind character varying(24) NOT NULL,
    address character varying(45) NOT NULL,
    request_id character varying(32) NOT NULL,
    subject character varying(200) NOT NULL,
    note text NOT NULL,
    filters jsonb NOT NULL,
    rows integer,
    scope bigint GENERATED ALWAYS AS (COALESCE(shop_id, (0 - (whom_id)::bigint), (0)::bigint)) STORED,
    shop_id bigint,
    token_id bigint,
    user_id integer,
    whom_id integer,
    CONSTRAINT aftersale_auditentry_rows_check CHECK ((rows >= 0))
);


ALTER TABLE public.aftersale_auditentry ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_auditentry_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_blockedbuyer (
    id bigint NOT NULL,
    buyer character varying(64) NOT NULL,
    note character varying(500) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    created_by_id integer,
    shop_id bigint NOT NULL,
    created_token_id bigint
);


ALTER TABLE public.aftersale_blockedbuyer ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_blockedbuyer_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_casevisit (
    id bigint NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    ticket_id bigint NOT NULL,
    user_id integer NOT NULL
);


ALTER TABLE public.aftersale_casevisit ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_casevisit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_columnmapping (
    id bigint NOT NULL,
    kind character varying(16) NOT NULL,
    heads character varying(128)[] NOT NULL,
    content jsonb NOT NULL,
    revision integer NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    changed_by_id integer,
    shop_id bigint NOT NULL,
    CONSTRAINT aftersale_columnmapping_revision_check CHECK ((revision >= 0))
);


ALTER TABLE public.aftersale_columnmapping ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_columnmapping_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_commissionreturn (
    id bigint NOT NULL,
    amount bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    refund_id bigint NOT NULL,
    split_id bigint NOT NULL,
    CONSTRAINT commission_return_above_zero CHECK ((amount > 0))
);


ALTER TABLE public.aftersale_commissionreturn ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_commissionreturn_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_commissionsplit (
    id bigint NOT NULL,
    "position" smallint NOT NULL,
    beneficiary character varying(16) NOT NULL,
    account character varying(64) NOT NULL,
    amount bigint NOT NULL,
    order_id bigint NOT NULL,
    CONSTRAINT aftersale_commissionsplit_position_check CHECK (("position" >= 0)),
    CONSTRAINT commission_split_not_negative CHECK ((amount >= 0))
);


ALTER TABLE public.aftersale_commissionsplit ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_commissionsplit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_erasedbuyer (
    id bigint NOT NULL,
    digest character varying(64) NOT NULL,
    stand_in character varying(64) NOT NULL,
    erased_at timestamp with time zone NOT NULL,
    erased_by_id integer,
    shop_id bigint NOT NULL
);


ALTER TABLE public.aftersale_erasedbuyer ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_erasedbuyer_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_evidencefile (
    id bigint NOT NULL,
    file character varying(200) NOT NULL,
    name character varying(200) NOT NULL,
    content_type character varying(32) NOT NULL,
    size integer NOT NULL,
    sha256 character varying(64) NOT NULL,
    uploaded_at timestamp with time zone NOT NULL,
    ticket_id bigint NOT NULL,
    uploaded_by_id integer,
    negotiation_id bigint,
    rejection_id bigint,
    encoded_anew boolean DEFAULT false NOT NULL,
    return_freight_id bigint,
    CONSTRAINT aftersale_evidencefile_size_check CHECK ((size >= 0))
);


ALTER TABLE public.aftersale_evidencefile ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_evidencefile_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_exportedline (
    id bigint NOT NULL,
    order_no character varying(64) NOT NULL,
    line_key character varying(400) NOT NULL,
    line_no integer NOT NULL,
    shop_id bigint NOT NULL,
    CONSTRAINT aftersale_exportedline_line_no_check CHECK ((line_no >= 0)),
    CONSTRAINT exported_line_from_one CHECK ((line_no >= 1))
);


ALTER TABLE public.aftersale_exportedline ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_exportedline_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_fastrefundperiod (
    id bigint NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone,
    shop_id bigint NOT NULL,
    CONSTRAINT fast_refund_period_not_empty CHECK (((ends_at IS NULL) OR (ends_at > starts_at)))
);


ALTER TABLE public.aftersale_fastrefundperiod ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_fastrefundperiod_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_feedevent (
    id bigint NOT NULL,
    transaction bigint DEFAULT ((pg_current_xact_id())::text)::bigint NOT NULL,
    type character varying(32) NOT NULL,
    subject character varying(40) NOT NULL,
    at timestamp with time zone NOT NULL,
    data jsonb NOT NULL,
    shop_id bigint NOT NULL
);


ALTER TABLE public.aftersale_feedevent ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_feedevent_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_fileimport (
    id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    state character varying(16) NOT NULL,
    names character varying(255)[] NOT NULL,
    digests character varying(64)[] NOT NULL,
    kind character varying(16) NOT NULL,
    mapping jsonb,
    exported_at timestamp with time zone,
    tables jsonb NOT NULL,
    total integer NOT NULL,
    done integer NOT NULL,
    counts jsonb NOT NULL,
    error text NOT NULL,
    seen_at timestamp with time zone,
    finished_at timestamp with time zone,
    created_by_id integer,
    shop_id bigint NOT NULL,
    CONSTRAINT aftersale_fileimport_done_check CHECK ((done >= 0)),
    CONSTRAINT aftersale_fileimport_total_check CHECK ((total >= 0))
);


ALTER TABLE public.aftersale_fileimport ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_fileimport_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_fund (
    id bigint NOT NULL,
    kind character varying(16) NOT NULL,
    balance bigint NOT NULL,
    shop_id bigint NOT NULL
);


ALTER TABLE public.aftersale_fund ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_fund_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_fundentry (
    id bigint NOT NULL,
    entry_no character varying(64) NOT NULL,
    amount bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    note character varying(500) NOT NULL,
    fund_id bigint NOT NULL,
    attempt_id bigint,
    balance_after bigint NOT NULL,
    kind character varying(16) NOT NULL,
    user_id integer,
    CONSTRAINT fund_entry_covers_our_debit CHECK (((NOT ((kind)::text = 'refund'::text)) OR ((amount < 0) AND (balance_after >= 0))))
);


ALTER TABLE public.aftersale_fundentry ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_fundentry_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_idempotentcall (
    id bigint NOT NULL,
    key character varying(128) NOT NULL,
    fingerprint character varying(64) NOT NULL,
    status smallint NOT NULL,
    answer bytea NOT NULL,
    content_type character varying(64) NOT NULL,
    at timestamp with time zone NOT NULL,
    token_id bigint NOT NULL,
    location character varying(200) DEFAULT ''::character varying NOT NULL,
    CONSTRAINT aftersale_idempotentcall_status_check CHECK ((status >= 0))
);


ALTER TABLE public.aftersale_idempotentcall ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_idempotentcall_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_importfile (
    id bigint NOT NULL,
    name character varying(255) NOT NULL,
    saved_at timestamp with time zone,
    saved_at_is_local boolean NOT NULL,
    file_import_id bigint NOT NULL
);


ALTER TABLE public.aftersale_importfile ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_importfile_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_importpiece (
    id bigint NOT NULL,
    place integer NOT NULL,
    content bytea NOT NULL,
    file_id bigint NOT NULL,
    CONSTRAINT aftersale_importpiece_place_check CHECK ((place >= 0))
);


ALTER TABLE public.aftersale_importpiece ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_importpiece_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_importrow (
    id bigint NOT NULL,
    "table" smallint NOT NULL,
    "row" integer NOT NULL,
    of_order boolean NOT NULL,
    key character varying(64) NOT NULL,
    cells jsonb NOT NULL,
    outcome character varying(16) NOT NULL,
    note text NOT NULL,
    written boolean NOT NULL,
    file_import_id bigint NOT NULL,
    CONSTRAINT aftersale_importrow_row_check CHECK (("row" >= 0)),
    CONSTRAINT aftersale_importrow_table_check CHECK (("table" >= 0))
);


ALTER TABLE public.aftersale_importrow ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_importrow_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_membership (
    id bigint NOT NULL,
    role character varying(16) NOT NULL,
    user_id integer NOT NULL,
    shop_id bigint NOT NULL
);


ALTER TABLE public.aftersale_membership ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_membership_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_negotiation (
    id bigint NOT NULL,
    round smallint NOT NULL,
    type character varying(24) NOT NULL,
    amount bigint,
    message text NOT NULL,
    at timestamp with time zone NOT NULL,
    answer_due_at timestamp with time zone NOT NULL,
    result character varying(16) NOT NULL,
    ended_at timestamp with time zone,
    ticket_id bigint NOT NULL,
    user_id integer,
    token_id bigint,
    CONSTRAINT aftersale_negotiation_round_check CHECK ((round >= 0)),
    CONSTRAINT negotiation_amount_above_zero CHECK (((amount IS NULL) OR (amount > 0)))
);


ALTER TABLE public.aftersale_negotiation ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_negotiation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_offertext (
    id bigint NOT NULL,
    code character varying(32) NOT NULL,
    name character varying(40) NOT NULL,
    text text NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    shop_id bigint NOT NULL,
    updated_by_id integer,
    CONSTRAINT offer_text_has_code_or_name CHECK (((((code)::text = ''::text) AND (NOT ((name)::text = ''::text))) OR ((NOT ((code)::text = ''::text)) AND ((name)::text = ''::text))))
);


ALTER TABLE public.aftersale_offertext ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_offertext_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_order (
    id bigint NOT NULL,
    order_no character varying(64) NOT NULL,
    type character varying(16) NOT NULL,
    status character varying(24) NOT NULL,
    buyer character varying(64) NOT NULL,
    created_at timestamp with time zone,
    paid_at timestamp with time zone,
    label_printed_at timestamp with time zone,
    shipped_at timestamp with time zone,
    delivered_at timestamp with time zone,
    completed_at timestamp with time zone,
    updated_at timestamp with time zone NOT NULL,
    paid_amount bigint NOT NULL,
    refunded_amount bigint NOT NULL,
    committed bigint NOT NULL,
    over_refunded boolean NOT NULL,
    labels character varying(32)[] NOT NULL,
    has_virtual boolean NOT NULL,
    digest bytea NOT NULL,
    shop_id bigint NOT NULL,
    refunded_reported bigint,
    in_doubt boolean DEFAULT false NOT NULL,
    exported_at timestamp with time zone,
    changed_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    CONSTRAINT order_amounts_not_negative CHECK (((committed >= 0) AND (paid_amount >= 0) AND (refunded_amount >= 0))),
    CONSTRAINT order_not_over_refunded CHECK ((over_refunded OR (paid_amount >= (committed + refunded_amount))))
)
WITH (fillfactor='80');


ALTER TABLE public.aftersale_order ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_order_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_orderline (
    id bigint NOT NULL,
    line_no integer NOT NULL,
    product character varying(64) NOT NULL,
    category character varying(64) NOT NULL,
    title character varying(256) NOT NULL,
    quantity integer NOT NULL,
    paid_amount bigint NOT NULL,
    virtual boolean NOT NULL,
    order_id bigint NOT NULL,
    taken bigint DEFAULT 0 NOT NULL,
    picture character varying(1000) DEFAULT ''::character varying NOT NULL,
    sku character varying(256) DEFAULT ''::character varying NOT NULL,
    CONSTRAINT aftersale_orderline_line_no_check CHECK ((line_no >= 0)),
    CONSTRAINT aftersale_orderline_quantity_check CHECK ((quantity >= 0)),
    CONSTRAINT order_line_paid_not_negative CHECK ((paid_amount >= 0)),
    CONSTRAINT order_line_taken_not_negative CHECK ((taken >= 0))
);


ALTER TABLE public.aftersale_orderline ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_orderline_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_ordershipping (
    order_id bigint NOT NULL,
    platform_status character varying(24) NOT NULL,
    platform_label_printed_at timestamp with time zone,
    platform_shipped_at timestamp with time zone,
    cancelled_at timestamp with time zone,
    intercepted_at timestamp with time zone,
    refused_at timestamp with time zone,
    changed_by_id integer
);


CREATE TABLE public.aftersale_paymentstop (
    id bigint NOT NULL,
    started_at timestamp with time zone NOT NULL,
    reason character varying(500) NOT NULL,
    ended_at timestamp with time zone,
    ended_by_id integer,
    started_by_id integer
);


ALTER TABLE public.aftersale_paymentstop ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_paymentstop_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_platformaccount (
    id bigint NOT NULL,
    platform character varying(32) NOT NULL,
    address character varying(200) NOT NULL,
    sealed text NOT NULL,
    pays_fast_refunds boolean NOT NULL,
    connected_at timestamp with time zone NOT NULL,
    orders_until timestamp with time zone NOT NULL,
    tickets_until timestamp with time zone NOT NULL,
    round_until timestamp with time zone,
    slice_seconds integer NOT NULL,
    first_read_at timestamp with time zone,
    last_read_at timestamp with time zone,
    next_round_at timestamp with time zone,
    paused_until timestamp with time zone,
    leased_until timestamp with time zone,
    renewing_until timestamp with time zone,
    failing_since timestamp with time zone,
    failures smallint NOT NULL,
    failure text NOT NULL,
    connected_by_id integer,
    shop_id bigint NOT NULL,
    authorised_until timestamp with time zone,
    installations_app boolean NOT NULL,
    name_there character varying(200) NOT NULL,
    scopes jsonb NOT NULL,
    shop_there character varying(128) NOT NULL,
    warned_from timestamp with time zone,
    orders_round_until timestamp with time zone,
    clock_ahead double precision,
    CONSTRAINT aftersale_platformaccount_failures_check CHECK ((failures >= 0)),
    CONSTRAINT aftersale_platformaccount_slice_seconds_check CHECK ((slice_seconds >= 0)),
    CONSTRAINT platform_account_slice_not_empty CHECK ((slice_seconds >= 1))
);


ALTER TABLE public.aftersale_platformaccount ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_platformaccount_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_platformauthorisation (
    id bigint NOT NULL,
    platform character varying(32) NOT NULL,
    address character varying(200) NOT NULL,
    state_hash character varying(64) NOT NULL,
    installations_app boolean NOT NULL,
    sealed text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    granted_at timestamp with time zone,
    name_there character varying(200) NOT NULL,
    shop_id bigint NOT NULL,
    user_id integer NOT NULL
);


ALTER TABLE public.aftersale_platformauthorisation ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_platformauthorisation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_platformcalls (
    id bigint NOT NULL,
    app character varying(32) NOT NULL,
    day date NOT NULL,
    calls integer NOT NULL,
    spent_at timestamp with time zone,
    shop_id bigint NOT NULL,
    CONSTRAINT aftersale_platformcalls_calls_check CHECK ((calls >= 0))
);


ALTER TABLE public.aftersale_platformcalls ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_platformcalls_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_platformfacts (
    id bigint NOT NULL,
    subject character varying(8) NOT NULL,
    number character varying(64) NOT NULL,
    facts jsonb NOT NULL,
    at timestamp with time zone NOT NULL,
    shop_id bigint NOT NULL
);


ALTER TABLE public.aftersale_platformfacts ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_platformfacts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_platformmessage (
    id bigint NOT NULL,
    message_id character varying(128) NOT NULL,
    subject character varying(8) NOT NULL,
    number character varying(64) NOT NULL,
    received_at timestamp with time zone NOT NULL,
    followed_at timestamp with time zone,
    tries smallint NOT NULL,
    account_id bigint NOT NULL,
    CONSTRAINT aftersale_platformmessage_tries_check CHECK ((tries >= 0))
);


ALTER TABLE public.aftersale_platformmessage ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_platformmessage_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_platformproblem (
    id bigint NOT NULL,
    subject character varying(8) NOT NULL,
    number character varying(64) NOT NULL,
    at timestamp with time zone NOT NULL,
    reason text NOT NULL,
    account_id bigint NOT NULL,
    ask_again boolean NOT NULL,
    raw text NOT NULL,
    unread_since timestamp with time zone
);


ALTER TABLE public.aftersale_platformproblem ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_platformproblem_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_platformread (
    id bigint NOT NULL,
    subject character varying(8) NOT NULL,
    number character varying(64) NOT NULL,
    version timestamp with time zone NOT NULL,
    at timestamp with time zone NOT NULL,
    account_id bigint NOT NULL
);


ALTER TABLE public.aftersale_platformread ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_platformread_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_platformstep (
    id bigint NOT NULL,
    kind character varying(16) NOT NULL,
    type character varying(24) NOT NULL,
    amount bigint NOT NULL,
    version timestamp with time zone,
    from_status character varying(24) NOT NULL,
    to_status character varying(24) NOT NULL,
    at timestamp with time zone NOT NULL,
    state character varying(16) NOT NULL,
    next_step_at timestamp with time zone,
    leased_until timestamp with time zone,
    calls smallint NOT NULL,
    reason text NOT NULL,
    settled_at timestamp with time zone,
    negotiation_id bigint,
    order_id bigint NOT NULL,
    rejection_id bigint,
    shop_id bigint NOT NULL,
    ticket_id bigint,
    user_id integer,
    window_id bigint,
    call_until timestamp with time zone,
    details jsonb NOT NULL,
    request_id bigint,
    CONSTRAINT aftersale_platformstep_calls_check CHECK ((calls >= 0)),
    CONSTRAINT platform_step_settled_has_no_next CHECK (((next_step_at IS NULL) OR ((state)::text = ANY (ARRAY[('due'::character varying)::text, ('sending'::character varying)::text, ('unknown'::character varying)::text]))))
);


ALTER TABLE public.aftersale_platformstep ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_platformstep_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


ALTER TABLE public.aftersale_refund ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_refund_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_refundattempt (
    id bigint NOT NULL,
    number smallint NOT NULL,
    key character varying(64) NOT NULL,
    amount bigint NOT NULL,
    connector character varying(16) NOT NULL,
    fingerprint character varying(64) NOT NULL,
    state character varying(16) NOT NULL,
    leased_until timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    settled_at timestamp with time zone,
    questions smallint NOT NULL,
    reason text NOT NULL,
    refund_id bigint NOT NULL,
    fund character varying(16) NOT NULL,
    call_until timestamp with time zone,
    CONSTRAINT aftersale_refundattempt_number_check CHECK ((number >= 0)),
    CONSTRAINT aftersale_refundattempt_questions_check CHECK ((questions >= 0)),
    CONSTRAINT refund_attempt_amount_above_zero CHECK ((amount > 0))
);


ALTER TABLE public.aftersale_refundattempt ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_refundattempt_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_rejection (
    id bigint NOT NULL,
    reason character varying(32) NOT NULL,
    explanation text NOT NULL,
    from_status character varying(24) NOT NULL,
    at timestamp with time zone NOT NULL,
    ticket_id bigint NOT NULL,
    user_id integer,
    label character varying(128) NOT NULL,
    token_id bigint
);


ALTER TABLE public.aftersale_rejection ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_rejection_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_rejectreasontemplate (
    id bigint NOT NULL,
    reason character varying(32) NOT NULL,
    text text NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    shop_id bigint NOT NULL,
    updated_by_id integer
);


ALTER TABLE public.aftersale_rejectreasontemplate ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_rejectreasontemplate_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_returnfreight (
    id bigint NOT NULL,
    amount bigint NOT NULL,
    pays boolean NOT NULL,
    text character varying(300) NOT NULL,
    at timestamp with time zone NOT NULL,
    ticket_id bigint NOT NULL,
    user_id integer,
    CONSTRAINT return_freight_amount_above_zero CHECK ((amount > 0))
);


ALTER TABLE public.aftersale_returnfreight ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_returnfreight_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_sandboxinstruction (
    id bigint NOT NULL,
    ticket_no character varying(64) NOT NULL,
    behaviour character varying(24) NOT NULL,
    remaining integer,
    shop_id bigint NOT NULL,
    CONSTRAINT aftersale_sandboxinstruction_remaining_check CHECK ((remaining >= 0))
);


ALTER TABLE public.aftersale_sandboxinstruction ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_sandboxinstruction_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_sandboxpayment (
    id bigint NOT NULL,
    key character varying(64) NOT NULL,
    fingerprint character varying(64) NOT NULL,
    ticket_no character varying(64) NOT NULL,
    amount bigint NOT NULL,
    paid boolean NOT NULL,
    permanent boolean NOT NULL,
    reason text NOT NULL,
    at timestamp with time zone NOT NULL,
    shop_id bigint NOT NULL
);


ALTER TABLE public.aftersale_sandboxpayment ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_sandboxpayment_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_savedfilter (
    id bigint NOT NULL,
    name character varying(64) NOT NULL,
    query character varying(1000) NOT NULL,
    user_id integer NOT NULL
);


ALTER TABLE public.aftersale_savedfilter ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_savedfilter_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_shipment (
    id bigint NOT NULL,
    shipped_at timestamp with time zone NOT NULL,
    carrier character varying(64) NOT NULL,
    tracking_no character varying(64) NOT NULL,
    lines integer[] NOT NULL,
    reported_at timestamp with time zone NOT NULL,
    cancelled_at timestamp with time zone,
    order_id bigint NOT NULL,
    reported_by_id integer
);


ALTER TABLE public.aftersale_shipment ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_shipment_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_shippingalert (
    id bigint NOT NULL,
    kind character varying(24) NOT NULL,
    state character varying(16) NOT NULL,
    raised_at timestamp with time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    note text NOT NULL,
    changed_by_id integer,
    order_id bigint NOT NULL,
    shop_id bigint NOT NULL,
    ticket_id bigint NOT NULL,
    changed_token_id bigint
);


ALTER TABLE public.aftersale_shippingalert ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_shippingalert_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_shop (
    id bigint NOT NULL,
    code character varying(64) NOT NULL,
    name character varying(128) NOT NULL,
    platform character varying(32) NOT NULL,
    status character varying(16) NOT NULL,
    timezone character varying(64) NOT NULL,
    working_hours jsonb NOT NULL,
    special_days jsonb NOT NULL,
    buyer_limit_days smallint,
    buyer_limit_count integer,
    buyer_limit_amount bigint,
    automation_paused_at timestamp with time zone,
    wallet_opened_at timestamp with time zone,
    commission_categories character varying(64)[] NOT NULL,
    commission_days smallint,
    connector character varying(16) NOT NULL,
    is_demo boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    digest bytea NOT NULL,
    automation_paused_by_id integer,
    approves_exports boolean DEFAULT false NOT NULL,
    lost_since timestamp with time zone,
    lost_until timestamp with time zone,
    on_hold boolean DEFAULT false NOT NULL,
    erasure_key text DEFAULT ''::text NOT NULL,
    retention_months smallint DEFAULT 24 NOT NULL,
    automation_paused_token_id bigint,
    CONSTRAINT aftersale_shop_buyer_limit_count_check CHECK ((buyer_limit_count >= 0)),
    CONSTRAINT aftersale_shop_buyer_limit_days_check CHECK ((buyer_limit_days >= 0)),
    CONSTRAINT aftersale_shop_commission_days_check CHECK ((commission_days >= 0)),
    CONSTRAINT aftersale_shop_retention_months_check CHECK ((retention_months >= 0)),
    CONSTRAINT shop_buyer_limit_has_days CHECK ((((buyer_limit_days > 0) AND (buyer_limit_days IS NOT NULL)) OR ((buyer_limit_amount IS NULL) AND (buyer_limit_count IS NULL) AND (buyer_limit_days IS NULL)))),
    CONSTRAINT shop_hold_says_what_is_lost CHECK ((((lost_since IS NULL) AND (lost_until IS NULL) AND (NOT on_hold)) OR (lost_since < lost_until))),
    CONSTRAINT shop_sandbox_only_for_demo CHECK (((NOT ((connector)::text = 'sandbox'::text)) OR is_demo))
);


ALTER TABLE public.aftersale_shop ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_shop_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_shoprequest (
    id bigint NOT NULL,
    key character varying(36) NOT NULL,
    kind character varying(16) NOT NULL,
    line_no integer NOT NULL,
    quantity integer NOT NULL,
    amount bigint NOT NULL,
    held bigint NOT NULL,
    because character varying(16) NOT NULL,
    text character varying(200) NOT NULL,
    refunded_elsewhere bigint NOT NULL,
    ticket_no character varying(64) NOT NULL,
    at timestamp with time zone NOT NULL,
    order_id bigint NOT NULL,
    shop_id bigint NOT NULL,
    user_id integer,
    CONSTRAINT aftersale_shoprequest_line_no_check CHECK ((line_no >= 0)),
    CONSTRAINT aftersale_shoprequest_quantity_check CHECK ((quantity >= 0)),
    CONSTRAINT shop_request_amount_above_zero CHECK ((amount > 0)),
    CONSTRAINT shop_request_holds_its_amount CHECK (((held = 0) OR ((held = amount) AND ((kind)::text = 'price_difference'::text))))
);


ALTER TABLE public.aftersale_shoprequest ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_shoprequest_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_ticket (
    id bigint NOT NULL,
    ticket_no character varying(64) NOT NULL,
    order_no character varying(64) NOT NULL,
    line_no integer,
    buyer character varying(64) NOT NULL,
    type character varying(24) NOT NULL,
    requested_type character varying(24) NOT NULL,
    reason character varying(64) NOT NULL,
    amount bigint NOT NULL,
    applied_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    note text NOT NULL,
    evidence character varying(1000)[] NOT NULL,
    status character varying(24) NOT NULL,
    status_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone,
    return_carrier character varying(64) NOT NULL,
    return_tracking_no character varying(64) NOT NULL,
    return_shipped_at timestamp with time zone,
    arbitration_result character varying(16) NOT NULL,
    products character varying(64)[] NOT NULL,
    categories character varying(64)[] NOT NULL,
    committed bigint NOT NULL,
    flags character varying(24)[] NOT NULL,
    awaiting_evaluation boolean CONSTRAINT aftersale_ticket_waits_not_null NOT NULL,
    scenarios_hit smallint CONSTRAINT aftersale_ticket_spent_not_null NOT NULL,
    digest bytea NOT NULL,
    order_id bigint,
    shop_id bigint NOT NULL,
    handler_id integer,
    window_id bigint,
    goods_received_at timestamp with time zone,
    awaiting_since timestamp with time zone,
    rejected_before boolean DEFAULT false NOT NULL,
    taken_back boolean DEFAULT false NOT NULL,
    labels character varying(32)[] DEFAULT '{}'::character varying(32)[] NOT NULL,
    exported_at timestamp with time zone,
    changed_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    came_by character varying(8) DEFAULT ''::character varying NOT NULL,
    urged smallint DEFAULT 0 NOT NULL,
    mark character varying(8) DEFAULT ''::character varying NOT NULL,
    CONSTRAINT aftersale_ticket_line_no_check CHECK ((line_no >= 0)),
    CONSTRAINT aftersale_ticket_urged_check CHECK ((urged >= 0)),
    CONSTRAINT ticket_committed_not_negative CHECK ((committed >= 0)),
    CONSTRAINT ticket_waits_only_for_review CHECK (((NOT awaiting_evaluation) OR ((order_id IS NOT NULL) AND ((status)::text = 'pending_review'::text) AND (NOT (flags && ARRAY['line_missing'::character varying(24), 'before_connection'::character varying(24), 'platform_pays'::character varying(24), 'platform_refused'::character varying(24), 'unknown_there'::character varying(24), 'may_be_paid'::character varying(24), 'second_person'::character varying(24)])))))
);


ALTER TABLE public.aftersale_ticket ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_ticket_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_ticketevent (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    kind character varying(16) NOT NULL,
    actor character varying(16) NOT NULL,
    from_status character varying(24) NOT NULL,
    to_status character varying(24) NOT NULL,
    note text NOT NULL,
    ticket_id bigint NOT NULL,
    user_id integer,
    request_id character varying(32) DEFAULT ''::character varying NOT NULL,
    token_id bigint
);


ALTER TABLE public.aftersale_ticketevent ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_ticketevent_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_webhookendpoint (
    id bigint NOT NULL,
    url character varying(1000) NOT NULL,
    description character varying(200) NOT NULL,
    types character varying(32)[] NOT NULL,
    enabled boolean NOT NULL,
    off_because character varying(16) NOT NULL,
    off_at timestamp with time zone,
    secret text NOT NULL,
    old_secret text NOT NULL,
    old_secret_until timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    last_success_at timestamp with time zone,
    failing_since timestamp with time zone,
    failures integer NOT NULL,
    next_try_at timestamp with time zone,
    created_by_id integer,
    shop_id bigint NOT NULL,
    created_token_id bigint,
    CONSTRAINT aftersale_webhookendpoint_failures_check CHECK ((failures >= 0)),
    CONSTRAINT webhook_off_says_why CHECK (((enabled AND ((off_because)::text = ''::text)) OR ((NOT ((off_because)::text = ''::text)) AND (NOT enabled))))
);


ALTER TABLE public.aftersale_webhookendpoint ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_webhookendpoint_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.aftersale_webhookmessage (
    id bigint NOT NULL,
    type character varying(32) NOT NULL,
    subject character varying(40) NOT NULL,
    at timestamp with time zone NOT NULL,
    data jsonb NOT NULL,
    state character varying(16) NOT NULL,
    attempts smallint NOT NULL,
    next_try_at timestamp with time zone,
    leased_until timestamp with time zone,
    tried_at timestamp with time zone,
    answer smallint,
    failure character varying(16) NOT NULL,
    finished_at timestamp with time zone,
    endpoint_id bigint NOT NULL,
    public_number character varying(36) DEFAULT (gen_random_uuid())::character varying(36) NOT NULL,
    CONSTRAINT aftersale_webhookmessage_answer_check CHECK ((answer >= 0)),
    CONSTRAINT aftersale_webhookmessage_attempts_check CHECK ((attempts >= 0))
);


ALTER TABLE public.aftersale_webhookmessage ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.aftersale_webhookmessage_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.auth_group (
    id integer NOT NULL,
    name character varying(150) NOT NULL
);


ALTER TABLE public.auth_group ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_group_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.auth_group_permissions (
    id bigint NOT NULL,
    group_id integer NOT NULL,
    permission_id integer NOT NULL
);


ALTER TABLE public.auth_group_permissions ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_group_permissions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.auth_permission (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    content_type_id integer NOT NULL,
    codename character varying(100) NOT NULL
);


ALTER TABLE public.auth_permission ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_permission_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.auth_user (
    id integer NOT NULL,
    password character varying(128) NOT NULL,
    last_login timestamp with time zone,
    is_superuser boolean NOT NULL,
    username character varying(150) NOT NULL,
    first_name character varying(150) NOT NULL,
    last_name character varying(150) NOT NULL,
    email character varying(254) NOT NULL,
    is_staff boolean NOT NULL,
    is_active boolean NOT NULL,
    date_joined timestamp with time zone NOT NULL
);


CREATE TABLE public.auth_user_groups (
    id bigint NOT NULL,
    user_id integer NOT NULL,
    group_id integer NOT NULL
);


ALTER TABLE public.auth_user_groups ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_user_groups_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


ALTER TABLE public.auth_user ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_user_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.auth_user_user_permissions (
    id bigint NOT NULL,
    user_id integer NOT NULL,
    permission_id integer NOT NULL
);


ALTER TABLE public.auth_user_user_permissions ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_user_user_permissions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.cache (
    cache_key character varying(255) NOT NULL,
    value text NOT NULL,
    expires timestamp with time zone NOT NULL
);


CREATE TABLE public.django_admin_log (
    id integer NOT NULL,
    action_time timestamp with time zone NOT NULL,
    object_id text,
    object_repr character varying(200) NOT NULL,
    action_flag smallint NOT NULL,
    change_message text NOT NULL,
    content_type_id integer,
    user_id integer NOT NULL,
    CONSTRAINT django_admin_log_action_flag_check CHECK ((action_flag >= 0))
);


ALTER TABLE public.django_admin_log ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_admin_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.django_content_type (
    id integer NOT NULL,
    app_label character varying(100) NOT NULL,
    model character varying(100) NOT NULL
);


ALTER TABLE public.django_content_type ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_content_type_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.django_migrations (
    id bigint NOT NULL,
    app character varying(255) NOT NULL,
    name character varying(255) NOT NULL,
    applied timestamp with time zone NOT NULL
);


ALTER TABLE public.django_migrations ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_migrations_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.django_q_ormq (
    id integer NOT NULL,
    key character varying(100) NOT NULL,
    payload text NOT NULL,
    lock timestamp with time zone,
    wake text
);


ALTER TABLE public.django_q_ormq ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_q_ormq_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.django_q_schedule (
    id integer NOT NULL,
    func character varying(256) NOT NULL,
    hook character varying(256),
    args text,
    kwargs text,
    schedule_type character varying(2) NOT NULL,
    repeats integer NOT NULL,
    next_run timestamp with time zone,
    task character varying(100),
    name character varying(100),
    minutes smallint,
    cron character varying(100),
    cluster character varying(100),
    intended_date_kwarg character varying(100),
    CONSTRAINT django_q_schedule_minutes_check CHECK ((minutes >= 0))
);


ALTER TABLE public.django_q_schedule ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_q_schedule_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.django_q_task (
    name character varying(100) NOT NULL,
    func character varying(256) NOT NULL,
    hook character varying(256),
    args text,
    kwargs text,
    result text,
    started timestamp with time zone NOT NULL,
    stopped timestamp with time zone NOT NULL,
    success boolean NOT NULL,
    id character varying(32) NOT NULL,
    "group" character varying(100),
    attempt_count integer NOT NULL,
    cluster character varying(100)
);


CREATE TABLE public.django_session (
    session_key character varying(40) NOT NULL,
    session_data text NOT NULL,
    expire_date timestamp with time zone NOT NULL
);


CREATE TABLE public.mfa_authenticator (
    id bigint NOT NULL,
    type character varying(20) NOT NULL,
    data jsonb NOT NULL,
    user_id integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone
);


ALTER TABLE public.mfa_authenticator ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.mfa_authenticator_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.monitoring_alert (
    id bigint NOT NULL,
    kind character varying(16) NOT NULL,
    subject bigint NOT NULL,
    threshold smallint NOT NULL,
    day date NOT NULL,
    raised_at timestamp with time zone NOT NULL,
    facts jsonb NOT NULL,
    acknowledged_at timestamp with time zone,
    acknowledged_by_id integer,
    shop_id bigint NOT NULL,
    ended_at timestamp with time zone,
    acknowledged_token_id bigint,
    CONSTRAINT alert_acknowledged_by_with_time CHECK (((acknowledged_at IS NOT NULL) OR (acknowledged_by_id IS NULL))),
    CONSTRAINT monitoring_alert_threshold_check CHECK ((threshold >= 0))
);


ALTER TABLE public.monitoring_alert ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.monitoring_alert_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.monitoring_alertnotice (
    id bigint CONSTRAINT monitoring_alertmail_id_not_null NOT NULL,
    leased_until timestamp with time zone,
    told_at timestamp with time zone,
    alert_id bigint CONSTRAINT monitoring_alertmail_alert_id_not_null NOT NULL,
    user_id integer,
    robot_id bigint,
    CONSTRAINT alert_notice_has_one_receiver CHECK ((((robot_id IS NOT NULL) AND (user_id IS NULL)) OR ((robot_id IS NULL) AND (user_id IS NOT NULL))))
);


ALTER TABLE public.monitoring_alertnotice ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.monitoring_alertmail_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.monitoring_alertsubscription (
    id bigint NOT NULL,
    kind character varying(16) NOT NULL,
    user_id integer NOT NULL,
    language character varying(8) NOT NULL
);


ALTER TABLE public.monitoring_alertsubscription ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.monitoring_alertsubscription_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.monitoring_deskcount (
    id bigint NOT NULL,
    day date NOT NULL,
    source character varying(16) CONSTRAINT monitoring_deskcount_what_not_null NOT NULL,
    kind character varying(64) NOT NULL,
    key character varying(64) NOT NULL,
    number integer NOT NULL,
    amount bigint NOT NULL,
    seconds bigint NOT NULL,
    shop_id bigint NOT NULL,
    sample bigint DEFAULT 0 NOT NULL,
    CONSTRAINT monitoring_deskcount_number_check CHECK ((number >= 0))
);


ALTER TABLE public.monitoring_deskcount ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.monitoring_deskcount_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.monitoring_deskday (
    id bigint NOT NULL,
    day date NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    shop_id bigint NOT NULL
);


ALTER TABLE public.monitoring_deskday ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.monitoring_deskday_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.monitoring_robot (
    id bigint NOT NULL,
    service character varying(16) NOT NULL,
    name character varying(60) NOT NULL,
    key text NOT NULL,
    secret text NOT NULL,
    kinds character varying(16)[] NOT NULL,
    told_from time without time zone,
    told_until time without time zone,
    language character varying(8) NOT NULL,
    enabled boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    leased_until timestamp with time zone,
    sent_at timestamp with time zone[] NOT NULL,
    test_asked_at timestamp with time zone,
    last_success_at timestamp with time zone,
    failing_since timestamp with time zone,
    failures integer NOT NULL,
    next_try_at timestamp with time zone,
    failure character varying(16) NOT NULL,
    answer character varying(200) NOT NULL,
    created_by_id integer,
    shop_id bigint NOT NULL,
    CONSTRAINT monitoring_robot_failures_check CHECK ((failures >= 0)),
    CONSTRAINT robot_hours_whole CHECK ((((told_from IS NULL) AND (told_until IS NULL)) OR ((told_from IS NOT NULL) AND (told_until IS NOT NULL))))
);


ALTER TABLE public.monitoring_robot ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.monitoring_robot_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.monitoring_stalemoment (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    written_by bigint NOT NULL,
    shop_id bigint NOT NULL
);


ALTER TABLE public.monitoring_stalemoment ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.monitoring_stalemoment_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.monitoring_weeklynote (
    id bigint NOT NULL,
    week date NOT NULL,
    begun_at timestamp with time zone NOT NULL,
    made_at timestamp with time zone,
    facts jsonb NOT NULL,
    advice_id bigint,
    shop_id bigint NOT NULL
);


ALTER TABLE public.monitoring_weeklynote ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.monitoring_weeklynote_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.monitoring_weeklyreader (
    id bigint NOT NULL,
    language character varying(8) NOT NULL,
    since timestamp with time zone NOT NULL,
    shop_id bigint NOT NULL,
    user_id integer NOT NULL
);


ALTER TABLE public.monitoring_weeklyreader ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.monitoring_weeklyreader_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.strategies_advicerun (
    id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    may_lose bigint NOT NULL,
    scenarios character varying(32)[] NOT NULL,
    products_left_out character varying(64)[] NOT NULL,
    present jsonb NOT NULL,
    status character varying(16) NOT NULL,
    total integer NOT NULL,
    done integer NOT NULL,
    seen_at timestamp with time zone,
    finished_at timestamp with time zone,
    summary jsonb NOT NULL,
    drafts bigint[] NOT NULL,
    error character varying(500) NOT NULL,
    created_by_id integer,
    shop_id bigint NOT NULL,
    CONSTRAINT advice_limit_not_negative CHECK ((may_lose >= 0)),
    CONSTRAINT advice_period_not_empty CHECK ((ends_at > starts_at)),
    CONSTRAINT strategies_advicerun_done_check CHECK ((done >= 0)),
    CONSTRAINT strategies_advicerun_total_check CHECK ((total >= 0))
);


ALTER TABLE public.strategies_advicerun ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.strategies_advicerun_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.strategies_decision (
    id bigint NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    outcome character varying(16) NOT NULL,
    why character varying(16) NOT NULL,
    source character varying(16) NOT NULL,
    scenario character varying(32) NOT NULL,
    trace smallint[] NOT NULL,
    error text NOT NULL,
    type character varying(24) NOT NULL,
    amount bigint NOT NULL,
    reason character varying(64) NOT NULL,
    applied_at timestamp with time zone NOT NULL,
    buyer character varying(64) NOT NULL,
    order_status character varying(24) NOT NULL,
    paid_at timestamp with time zone,
    label_printed_at timestamp with time zone,
    shipped_at timestamp with time zone,
    delivered_at timestamp with time zone,
    paid_amount bigint NOT NULL,
    refundable_amount bigint NOT NULL,
    labels character varying(32)[] NOT NULL,
    products character varying(64)[] NOT NULL,
    categories character varying(64)[] NOT NULL,
    has_virtual boolean NOT NULL,
    buyer_blocked boolean NOT NULL,
    buyer_count integer,
    buyer_sum bigint,
    scenarios_hit smallint CONSTRAINT strategies_decision_spent_not_null NOT NULL,
    order_id bigint NOT NULL,
    shop_id bigint NOT NULL,
    ticket_id bigint NOT NULL,
    rulebook_id bigint NOT NULL,
    strategy_id bigint,
    freight_left bigint,
    held_back character varying(16),
    line_left bigint,
    line_no integer,
    line_paid bigint,
    order_type character varying(16),
    ticket_labels character varying(32)[],
    suggested_outcome character varying(16) DEFAULT ''::character varying NOT NULL,
    suggested_scenario character varying(32) DEFAULT ''::character varying NOT NULL,
    suggested_source character varying(16) DEFAULT ''::character varying NOT NULL,
    suggested_strategy_id bigint,
    taken_over_by_id integer,
    CONSTRAINT strategies_decision_line_no_check CHECK ((line_no >= 0))
);


ALTER TABLE public.strategies_decision ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.strategies_decision_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.strategies_decisiontally (
    id bigint NOT NULL,
    day date NOT NULL,
    outcome character varying(16) NOT NULL,
    why character varying(16) NOT NULL,
    source character varying(16) NOT NULL,
    scenario character varying(32) NOT NULL,
    strategy_id bigint NOT NULL,
    decisions integer NOT NULL,
    amount bigint NOT NULL,
    shop_id bigint NOT NULL,
    CONSTRAINT strategies_decisiontally_decisions_check CHECK ((decisions >= 0))
);


ALTER TABLE public.strategies_decisiontally ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.strategies_decisiontally_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.strategies_evaluatorlane (
    shop_id bigint NOT NULL,
    decided_until timestamp with time zone,
    rulebook_id bigint NOT NULL
);


CREATE TABLE public.strategies_fastrefundrule (
    id bigint NOT NULL,
    starts_at timestamp with time zone,
    kind character varying(24) NOT NULL,
    value bigint NOT NULL,
    CONSTRAINT fast_refund_rule_value_above_zero CHECK ((value > 0))
);


ALTER TABLE public.strategies_fastrefundrule ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.strategies_fastrefundrule_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.strategies_heartbeat (
    id bigint NOT NULL,
    worker character varying(32) NOT NULL,
    host character varying(255) NOT NULL,
    at timestamp with time zone NOT NULL,
    clock_ahead double precision NOT NULL
);


ALTER TABLE public.strategies_heartbeat ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.strategies_heartbeat_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.strategies_pastedition (
    shop_id bigint NOT NULL,
    number integer NOT NULL,
    CONSTRAINT strategies_pastedition_number_check CHECK ((number >= 0))
);


CREATE TABLE public.strategies_rulebookrevision (
    id bigint NOT NULL,
    number integer NOT NULL,
    content jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    created_by_id integer,
    shop_id bigint NOT NULL,
    created_token_id bigint,
    CONSTRAINT strategies_rulebookrevision_number_check CHECK ((number >= 0))
);


ALTER TABLE public.strategies_rulebookrevision ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.strategies_rulebookrevision_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.strategies_strategy (
    id bigint NOT NULL,
    scenario character varying(32) NOT NULL,
    name character varying(128) NOT NULL,
    remark text NOT NULL,
    enabled boolean NOT NULL,
    enabled_at timestamp with time zone,
    priority smallint,
    valid_from timestamp with time zone,
    valid_until timestamp with time zone,
    execution_time character varying(16) NOT NULL,
    windows jsonb NOT NULL,
    paid_time character varying(16) NOT NULL,
    order_statuses character varying(24)[] NOT NULL,
    buyer_reasons character varying(64)[] NOT NULL,
    single_amount_cap bigint NOT NULL,
    daily_cap bigint NOT NULL,
    time_limit_hours integer,
    skip_label_printed boolean NOT NULL,
    product_condition character varying(16) NOT NULL,
    products character varying(64)[] NOT NULL,
    categories character varying(64)[] NOT NULL,
    refund_reason character varying(128) NOT NULL,
    breaker_hits integer,
    breaker_amount bigint,
    breaker_minutes integer,
    breaker_opened_at timestamp with time zone,
    breaker_opened_by jsonb,
    revision integer NOT NULL,
    deleted_at timestamp with time zone,
    shop_id bigint NOT NULL,
    skip_risky boolean NOT NULL,
    CONSTRAINT strategies_strategy_breaker_hits_check CHECK ((breaker_hits >= 0)),
    CONSTRAINT strategies_strategy_breaker_minutes_check CHECK ((breaker_minutes >= 0)),
    CONSTRAINT strategies_strategy_priority_check CHECK ((priority >= 0)),
    CONSTRAINT strategies_strategy_revision_check CHECK ((revision >= 0)),
    CONSTRAINT strategies_strategy_time_limit_hours_check CHECK ((time_limit_hours >= 0)),
    CONSTRAINT strategy_breaker_whole CHECK ((((breaker_amount IS NULL) AND (breaker_hits IS NULL) AND (breaker_minutes IS NULL)) OR ((breaker_minutes > 0) AND (breaker_minutes IS NOT NULL) AND ((breaker_hits IS NOT NULL) OR (breaker_amount IS NOT NULL))))),
    CONSTRAINT strategy_daily_cap_at_least_single CHECK ((daily_cap >= single_amount_cap)),
    CONSTRAINT strategy_off_hours_before_shipping CHECK (((NOT ((execution_time)::text = 'off_hours'::text)) OR ((scenario)::text = 'pre_ship_refund'::text))),
    CONSTRAINT strategy_single_amount_cap_range CHECK (((single_amount_cap >= 100) AND (single_amount_cap <= 9999900))),
    CONSTRAINT strategy_ten_priorities CHECK ((((deleted_at IS NULL) AND (priority IS NOT NULL) AND ((priority >= 1) AND (priority <= 10))) OR ((deleted_at IS NOT NULL) AND (NOT enabled) AND (priority IS NULL))))
);


ALTER TABLE public.strategies_strategy ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.strategies_strategy_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.strategies_strategyrevision (
    id bigint NOT NULL,
    number integer NOT NULL,
    content jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    created_by_id integer,
    strategy_id bigint NOT NULL,
    created_token_id bigint,
    CONSTRAINT strategies_strategyrevision_number_check CHECK ((number >= 0))
);


ALTER TABLE public.strategies_strategyrevision ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.strategies_strategyrevision_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.strategies_strategyusage (
    id bigint NOT NULL,
    day date NOT NULL,
    hits integer NOT NULL,
    used bigint NOT NULL,
    cap bigint NOT NULL,
    strategy_id bigint NOT NULL,
    taken bigint DEFAULT 0 NOT NULL,
    CONSTRAINT strategies_strategyusage_hits_check CHECK ((hits >= 0)),
    CONSTRAINT usage_within_cap CHECK ((used <= cap))
);


ALTER TABLE public.strategies_strategyusage ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.strategies_strategyusage_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.strategies_trialevaluation (
    id bigint NOT NULL,
    decision_id bigint,
    at timestamp with time zone NOT NULL,
    amount bigint NOT NULL,
    buyer character varying(64) NOT NULL,
    "real" character varying(24) NOT NULL,
    present character varying(24) NOT NULL,
    proposed character varying(24) NOT NULL,
    ticket_id bigint NOT NULL,
    trial_id bigint NOT NULL
);


ALTER TABLE public.strategies_trialevaluation ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.strategies_trialevaluation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.strategies_trialrun (
    id bigint NOT NULL,
    kind character varying(16) NOT NULL,
    title character varying(200) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    present jsonb NOT NULL,
    proposed jsonb NOT NULL,
    paused boolean NOT NULL,
    status character varying(16) NOT NULL,
    total integer NOT NULL,
    done integer NOT NULL,
    estimated integer NOT NULL,
    seen_at timestamp with time zone,
    finished_at timestamp with time zone,
    summary jsonb NOT NULL,
    error character varying(500) NOT NULL,
    created_by_id integer,
    shop_id bigint NOT NULL,
    created_token_id bigint,
    CONSTRAINT strategies_trialrun_done_check CHECK ((done >= 0)),
    CONSTRAINT strategies_trialrun_estimated_check CHECK ((estimated >= 0)),
    CONSTRAINT strategies_trialrun_total_check CHECK ((total >= 0)),
    CONSTRAINT trial_period_not_empty CHECK ((ends_at > starts_at))
);


ALTER TABLE public.strategies_trialrun ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.strategies_trialrun_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.usersessions_usersession (
    id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    ip inet NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    session_key character varying(40) NOT NULL,
    user_agent character varying(200) NOT NULL,
    data jsonb NOT NULL,
    user_id integer NOT NULL
);


ALTER TABLE public.usersessions_usersession ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.usersessions_usersession_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


ALTER TABLE ONLY public.account_emailaddress
    ADD CONSTRAINT account_emailaddress_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.account_emailaddress
    ADD CONSTRAINT account_emailaddress_user_id_email_987c8728_uniq UNIQUE (user_id, email);


ALTER TABLE ONLY public.account_emailconfirmation
    ADD CONSTRAINT account_emailconfirmation_key_key UNIQUE (key);


ALTER TABLE ONLY public.account_emailconfirmation
    ADD CONSTRAINT account_emailconfirmation_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_accountlink
    ADD CONSTRAINT account_link_once UNIQUE (digest);


ALTER TABLE ONLY public.aftersale_accountlink
    ADD CONSTRAINT aftersale_accountlink_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_accountlink_shops
    ADD CONSTRAINT aftersale_accountlink_sh_accountlink_id_shop_id_5ba1d86d_uniq UNIQUE (accountlink_id, shop_id);


ALTER TABLE ONLY public.aftersale_accountlink_shops
    ADD CONSTRAINT aftersale_accountlink_shops_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_aftersalewindow
    ADD CONSTRAINT aftersale_aftersalewindow_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_apitoken
    ADD CONSTRAINT aftersale_apitoken_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_approvallimit
    ADD CONSTRAINT aftersale_approvallimit_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_approvalrequest
    ADD CONSTRAINT aftersale_approvalrequest_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_auditentry
    ADD CONSTRAINT aftersale_auditentry_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_blockedbuyer
    ADD CONSTRAINT aftersale_blockedbuyer_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_casevisit
    ADD CONSTRAINT aftersale_casevisit_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_casevisit
    ADD CONSTRAINT aftersale_casevisit_user_id_key UNIQUE (user_id);


ALTER TABLE ONLY public.aftersale_columnmapping
    ADD CONSTRAINT aftersale_columnmapping_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_commissionreturn
    ADD CONSTRAINT aftersale_commissionreturn_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_commissionsplit
    ADD CONSTRAINT aftersale_commissionsplit_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_erasedbuyer
    ADD CONSTRAINT aftersale_erasedbuyer_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_evidencefile
    ADD CONSTRAINT aftersale_evidencefile_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_exportedline
    ADD CONSTRAINT aftersale_exportedline_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_fastrefundperiod
    ADD CONSTRAINT aftersale_fastrefundperiod_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_feedevent
    ADD CONSTRAINT aftersale_feedevent_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_fileimport
    ADD CONSTRAINT aftersale_fileimport_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_fund
    ADD CONSTRAINT aftersale_fund_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_fundentry
    ADD CONSTRAINT aftersale_fundentry_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_idempotentcall
    ADD CONSTRAINT aftersale_idempotentcall_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_importfile
    ADD CONSTRAINT aftersale_importfile_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_importpiece
    ADD CONSTRAINT aftersale_importpiece_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_importrow
    ADD CONSTRAINT aftersale_importrow_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_membership
    ADD CONSTRAINT aftersale_membership_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_negotiation
    ADD CONSTRAINT aftersale_negotiation_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_offertext
    ADD CONSTRAINT aftersale_offertext_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_order
    ADD CONSTRAINT aftersale_order_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_orderline
    ADD CONSTRAINT aftersale_orderline_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_ordershipping
    ADD CONSTRAINT aftersale_ordershipping_pkey PRIMARY KEY (order_id);


ALTER TABLE ONLY public.aftersale_paymentstop
    ADD CONSTRAINT aftersale_paymentstop_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_platformaccount
    ADD CONSTRAINT aftersale_platformaccount_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_platformaccount
    ADD CONSTRAINT aftersale_platformaccount_shop_id_key UNIQUE (shop_id);


ALTER TABLE ONLY public.aftersale_platformauthorisation
    ADD CONSTRAINT aftersale_platformauthorisation_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_platformauthorisation
    ADD CONSTRAINT aftersale_platformauthorisation_state_hash_key UNIQUE (state_hash);


ALTER TABLE ONLY public.aftersale_platformcalls
    ADD CONSTRAINT aftersale_platformcalls_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_platformfacts
    ADD CONSTRAINT aftersale_platformfacts_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_platformmessage
    ADD CONSTRAINT aftersale_platformmessage_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_platformproblem
    ADD CONSTRAINT aftersale_platformproblem_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_platformread
    ADD CONSTRAINT aftersale_platformread_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_platformstep
    ADD CONSTRAINT aftersale_platformstep_negotiation_id_key UNIQUE (negotiation_id);


ALTER TABLE ONLY public.aftersale_platformstep
    ADD CONSTRAINT aftersale_platformstep_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_platformstep
    ADD CONSTRAINT aftersale_platformstep_rejection_id_key UNIQUE (rejection_id);


ALTER TABLE ONLY public.aftersale_platformstep
    ADD CONSTRAINT aftersale_platformstep_request_id_key UNIQUE (request_id);


ALTER TABLE ONLY public.aftersale_platformstep
    ADD CONSTRAINT aftersale_platformstep_window_id_key UNIQUE (window_id);


ALTER TABLE ONLY public.aftersale_refund
    ADD CONSTRAINT aftersale_refund_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_refund
    ADD CONSTRAINT aftersale_refund_ticket_id_key UNIQUE (ticket_id);


ALTER TABLE ONLY public.aftersale_refundattempt
    ADD CONSTRAINT aftersale_refundattempt_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_rejection
    ADD CONSTRAINT aftersale_rejection_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_rejectreasontemplate
    ADD CONSTRAINT aftersale_rejectreasontemplate_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_returnfreight
    ADD CONSTRAINT aftersale_returnfreight_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_returnfreight
    ADD CONSTRAINT aftersale_returnfreight_ticket_id_key UNIQUE (ticket_id);


ALTER TABLE ONLY public.aftersale_sandboxinstruction
    ADD CONSTRAINT aftersale_sandboxinstruction_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_sandboxpayment
    ADD CONSTRAINT aftersale_sandboxpayment_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_savedfilter
    ADD CONSTRAINT aftersale_savedfilter_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_shipment
    ADD CONSTRAINT aftersale_shipment_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_shippingalert
    ADD CONSTRAINT aftersale_shippingalert_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_shippingalert
    ADD CONSTRAINT aftersale_shippingalert_ticket_id_key UNIQUE (ticket_id);


ALTER TABLE ONLY public.aftersale_shop
    ADD CONSTRAINT aftersale_shop_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_shoprequest
    ADD CONSTRAINT aftersale_shoprequest_key_key UNIQUE (key);


ALTER TABLE ONLY public.aftersale_shoprequest
    ADD CONSTRAINT aftersale_shoprequest_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_ticket
    ADD CONSTRAINT aftersale_ticket_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_ticketevent
    ADD CONSTRAINT aftersale_ticketevent_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_webhookendpoint
    ADD CONSTRAINT aftersale_webhookendpoint_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_webhookmessage
    ADD CONSTRAINT aftersale_webhookmessage_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.monitoring_alertnotice
    ADD CONSTRAINT alert_notice_once UNIQUE (alert_id, user_id);


ALTER TABLE ONLY public.monitoring_alertnotice
    ADD CONSTRAINT alert_notice_once_by_robot UNIQUE (alert_id, robot_id);


ALTER TABLE ONLY public.monitoring_alert
    ADD CONSTRAINT alert_once UNIQUE (shop_id, kind, subject, threshold, day);


ALTER TABLE ONLY public.monitoring_alertsubscription
    ADD CONSTRAINT alert_subscription_once UNIQUE (user_id, kind);


ALTER TABLE ONLY public.aftersale_apitoken
    ADD CONSTRAINT api_token_once UNIQUE (digest);


ALTER TABLE ONLY public.aftersale_approvallimit
    ADD CONSTRAINT approval_limit_once UNIQUE (shop_id, role);


ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_name_key UNIQUE (name);


ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_permission_id_0cd325b0_uniq UNIQUE (group_id, permission_id);


ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_codename_01ab375a_uniq UNIQUE (content_type_id, codename);


ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.auth_user_groups
    ADD CONSTRAINT auth_user_groups_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.auth_user_groups
    ADD CONSTRAINT auth_user_groups_user_id_group_id_94350c0c_uniq UNIQUE (user_id, group_id);


ALTER TABLE ONLY public.auth_user
    ADD CONSTRAINT auth_user_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.auth_user_user_permissions
    ADD CONSTRAINT auth_user_user_permissions_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.auth_user_user_permissions
    ADD CONSTRAINT auth_user_user_permissions_user_id_permission_id_14a6b632_uniq UNIQUE (user_id, permission_id);


ALTER TABLE ONLY public.auth_user
    ADD CONSTRAINT auth_user_username_key UNIQUE (username);


ALTER TABLE ONLY public.aftersale_blockedbuyer
    ADD CONSTRAINT blocked_buyer_once UNIQUE (shop_id, buyer);


ALTER TABLE ONLY public.cache
    ADD CONSTRAINT cache_pkey PRIMARY KEY (cache_key);


ALTER TABLE ONLY public.aftersale_columnmapping
    ADD CONSTRAINT column_mapping_once UNIQUE (shop_id, kind, heads);


ALTER TABLE ONLY public.aftersale_commissionreturn
    ADD CONSTRAINT commission_return_once UNIQUE (refund_id, split_id);


ALTER TABLE ONLY public.aftersale_commissionsplit
    ADD CONSTRAINT commission_split_once UNIQUE (order_id, "position");


ALTER TABLE ONLY public.strategies_decisiontally
    ADD CONSTRAINT decision_tally_once UNIQUE (shop_id, day, outcome, why, source, scenario, strategy_id);


ALTER TABLE ONLY public.monitoring_deskcount
    ADD CONSTRAINT desk_count_once UNIQUE (shop_id, day, source, kind, key);


ALTER TABLE ONLY public.monitoring_deskday
    ADD CONSTRAINT desk_day_once UNIQUE (shop_id, day);


ALTER TABLE ONLY public.django_admin_log
    ADD CONSTRAINT django_admin_log_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_app_label_model_76bd3d3b_uniq UNIQUE (app_label, model);


ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.django_migrations
    ADD CONSTRAINT django_migrations_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.django_q_ormq
    ADD CONSTRAINT django_q_ormq_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.django_q_schedule
    ADD CONSTRAINT django_q_schedule_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.django_q_task
    ADD CONSTRAINT django_q_task_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.django_session
    ADD CONSTRAINT django_session_pkey PRIMARY KEY (session_key);


ALTER TABLE ONLY public.aftersale_erasedbuyer
    ADD CONSTRAINT erased_buyer_once UNIQUE (shop_id, digest);


ALTER TABLE ONLY public.aftersale_erasedbuyer
    ADD CONSTRAINT erased_buyer_stand_in_once UNIQUE (shop_id, stand_in);


ALTER TABLE ONLY public.aftersale_exportedline
    ADD CONSTRAINT exported_line_once UNIQUE (shop_id, order_no, line_key);


ALTER TABLE ONLY public.strategies_fastrefundrule
    ADD CONSTRAINT fast_refund_rule_once UNIQUE NULLS NOT DISTINCT (starts_at);


ALTER TABLE ONLY public.aftersale_fundentry
    ADD CONSTRAINT fund_entry_once UNIQUE (fund_id, entry_no);


ALTER TABLE ONLY public.aftersale_fund
    ADD CONSTRAINT fund_once UNIQUE (shop_id, kind);


ALTER TABLE ONLY public.strategies_heartbeat
    ADD CONSTRAINT heartbeat_once_a_machine UNIQUE (worker, host);


ALTER TABLE ONLY public.aftersale_idempotentcall
    ADD CONSTRAINT idempotent_call_once UNIQUE (token_id, key);


ALTER TABLE ONLY public.aftersale_importpiece
    ADD CONSTRAINT import_piece_once UNIQUE (file_id, place);


ALTER TABLE ONLY public.aftersale_importrow
    ADD CONSTRAINT import_row_once UNIQUE (file_import_id, "table", "row");


ALTER TABLE ONLY public.aftersale_membership
    ADD CONSTRAINT membership_once UNIQUE (user_id, shop_id);


ALTER TABLE ONLY public.mfa_authenticator
    ADD CONSTRAINT mfa_authenticator_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.monitoring_alert
    ADD CONSTRAINT monitoring_alert_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.monitoring_alertnotice
    ADD CONSTRAINT monitoring_alertmail_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.monitoring_alertsubscription
    ADD CONSTRAINT monitoring_alertsubscription_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.monitoring_deskcount
    ADD CONSTRAINT monitoring_deskcount_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.monitoring_deskday
    ADD CONSTRAINT monitoring_deskday_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.monitoring_robot
    ADD CONSTRAINT monitoring_robot_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.monitoring_stalemoment
    ADD CONSTRAINT monitoring_stalemoment_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.monitoring_weeklynote
    ADD CONSTRAINT monitoring_weeklynote_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.monitoring_weeklyreader
    ADD CONSTRAINT monitoring_weeklyreader_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.aftersale_negotiation
    ADD CONSTRAINT negotiation_round_once UNIQUE (ticket_id, round);


ALTER TABLE ONLY public.aftersale_orderline
    ADD CONSTRAINT order_line_once UNIQUE (order_id, line_no);


ALTER TABLE ONLY public.aftersale_order
    ADD CONSTRAINT order_once UNIQUE (shop_id, order_no);


ALTER TABLE ONLY public.aftersale_platformcalls
    ADD CONSTRAINT platform_calls_once UNIQUE (shop_id, app, day);


ALTER TABLE ONLY public.aftersale_platformfacts
    ADD CONSTRAINT platform_facts_once UNIQUE (shop_id, subject, number);


ALTER TABLE ONLY public.aftersale_platformmessage
    ADD CONSTRAINT platform_message_once UNIQUE (account_id, message_id);


ALTER TABLE ONLY public.aftersale_platformproblem
    ADD CONSTRAINT platform_problem_once UNIQUE (account_id, subject, number);


ALTER TABLE ONLY public.aftersale_platformread
    ADD CONSTRAINT platform_read_once UNIQUE (account_id, subject, number);


ALTER TABLE ONLY public.aftersale_refundattempt
    ADD CONSTRAINT refund_attempt_key_once UNIQUE (key);


ALTER TABLE ONLY public.aftersale_refundattempt
    ADD CONSTRAINT refund_attempt_once UNIQUE (refund_id, number);


ALTER TABLE ONLY public.aftersale_refund
    ADD CONSTRAINT refund_public_number_once UNIQUE (public_number);


ALTER TABLE ONLY public.aftersale_rejectreasontemplate
    ADD CONSTRAINT reject_template_once UNIQUE (shop_id, reason);


ALTER TABLE ONLY public.strategies_rulebookrevision
    ADD CONSTRAINT rulebook_revision_once UNIQUE (shop_id, number);


ALTER TABLE ONLY public.aftersale_sandboxpayment
    ADD CONSTRAINT sandbox_payment_key_once UNIQUE (key);


ALTER TABLE ONLY public.aftersale_savedfilter
    ADD CONSTRAINT saved_filter_once UNIQUE (user_id, name);


ALTER TABLE ONLY public.monitoring_stalemoment
    ADD CONSTRAINT stale_moment_once UNIQUE (shop_id, at, written_by);


ALTER TABLE ONLY public.strategies_advicerun
    ADD CONSTRAINT strategies_advicerun_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.strategies_decision
    ADD CONSTRAINT strategies_decision_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.strategies_decisiontally
    ADD CONSTRAINT strategies_decisiontally_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.strategies_evaluatorlane
    ADD CONSTRAINT strategies_evaluatorlane_pkey PRIMARY KEY (shop_id);


ALTER TABLE ONLY public.strategies_fastrefundrule
    ADD CONSTRAINT strategies_fastrefundrule_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.strategies_heartbeat
    ADD CONSTRAINT strategies_heartbeat_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.strategies_pastedition
    ADD CONSTRAINT strategies_pastedition_pkey PRIMARY KEY (shop_id);


ALTER TABLE ONLY public.strategies_rulebookrevision
    ADD CONSTRAINT strategies_rulebookrevision_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.strategies_strategy
    ADD CONSTRAINT strategies_strategy_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.strategies_strategyrevision
    ADD CONSTRAINT strategies_strategyrevision_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.strategies_strategyusage
    ADD CONSTRAINT strategies_strategyusage_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.strategies_trialevaluation
    ADD CONSTRAINT strategies_trialevaluation_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.strategies_trialrun
    ADD CONSTRAINT strategies_trialrun_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.strategies_strategy
    ADD CONSTRAINT strategy_priority_once UNIQUE (shop_id, scenario, priority) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.strategies_strategyrevision
    ADD CONSTRAINT strategy_revision_once UNIQUE (strategy_id, number);


ALTER TABLE ONLY public.aftersale_ticket
    ADD CONSTRAINT ticket_once UNIQUE (shop_id, ticket_no);


ALTER TABLE ONLY public.strategies_strategyusage
    ADD CONSTRAINT usage_once_a_day UNIQUE (strategy_id, day);


ALTER TABLE ONLY public.usersessions_usersession
    ADD CONSTRAINT usersessions_usersession_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.usersessions_usersession
    ADD CONSTRAINT usersessions_usersession_session_key_key UNIQUE (session_key);


ALTER TABLE ONLY public.aftersale_webhookmessage
    ADD CONSTRAINT webhook_message_public_number_once UNIQUE (public_number);


ALTER TABLE ONLY public.monitoring_weeklynote
    ADD CONSTRAINT weekly_note_once UNIQUE (shop_id, week);


ALTER TABLE ONLY public.monitoring_weeklyreader
    ADD CONSTRAINT weekly_reader_once UNIQUE (user_id, shop_id);


CREATE INDEX account_emailaddress_email_03be32b2 ON public.account_emailaddress USING btree (email);


CREATE INDEX account_emailaddress_email_03be32b2_like ON public.account_emailaddress USING btree (email varchar_pattern_ops);


CREATE INDEX account_emailaddress_user_id_2c513194 ON public.account_emailaddress USING btree (user_id);


CREATE INDEX account_emailconfirmation_email_address_id_5b7f8c58 ON public.account_emailconfirmation USING btree (email_address_id);


CREATE INDEX account_emailconfirmation_key_f43612bd_like ON public.account_emailconfirmation USING btree (key varchar_pattern_ops);


CREATE INDEX advice_newest ON public.strategies_advicerun USING btree (shop_id, id DESC);


CREATE INDEX aftersale_accountlink_made_by_id_8082a5d5 ON public.aftersale_accountlink USING btree (made_by_id);


CREATE INDEX aftersale_accountlink_shops_accountlink_id_761210a3 ON public.aftersale_accountlink_shops USING btree (accountlink_id);


CREATE INDEX aftersale_accountlink_shops_shop_id_6b0d324c ON public.aftersale_accountlink_shops USING btree (shop_id);


CREATE INDEX aftersale_accountlink_used_by_id_cf1cea76 ON public.aftersale_accountlink USING btree (used_by_id);


CREATE INDEX aftersale_accountlink_user_id_efe36ddc ON public.aftersale_accountlink USING btree (user_id);


CREATE INDEX aftersale_aftersalewindow_opened_by_id_1f76728d ON public.aftersale_aftersalewindow USING btree (opened_by_id);


CREATE INDEX aftersale_aftersalewindow_order_id_99e929b4 ON public.aftersale_aftersalewindow USING btree (order_id);


CREATE INDEX aftersale_aftersalewindow_shop_id_ae1ac189 ON public.aftersale_aftersalewindow USING btree (shop_id);


CREATE INDEX aftersale_apitoken_created_by_id_28d67d91 ON public.aftersale_apitoken USING btree (created_by_id);


CREATE INDEX aftersale_apitoken_revoked_by_id_2cfb6f6e ON public.aftersale_apitoken USING btree (revoked_by_id);


CREATE INDEX aftersale_apitoken_shop_id_61686298 ON public.aftersale_apitoken USING btree (shop_id);


CREATE INDEX aftersale_approvalrequest_ticket_id_d9154446 ON public.aftersale_approvalrequest USING btree (ticket_id);


CREATE INDEX aftersale_blockedbuyer_created_by_id_cf2a24a6 ON public.aftersale_blockedbuyer USING btree (created_by_id);


CREATE INDEX aftersale_casevisit_ticket_id_52ad7786 ON public.aftersale_casevisit USING btree (ticket_id);


CREATE INDEX aftersale_columnmapping_changed_by_id_8538d039 ON public.aftersale_columnmapping USING btree (changed_by_id);


CREATE INDEX aftersale_columnmapping_shop_id_ce761a5c ON public.aftersale_columnmapping USING btree (shop_id);


CREATE INDEX aftersale_commissionreturn_refund_id_7c7efd35 ON public.aftersale_commissionreturn USING btree (refund_id);


CREATE INDEX aftersale_commissionreturn_split_id_f4679ee7 ON public.aftersale_commissionreturn USING btree (split_id);


CREATE INDEX aftersale_erasedbuyer_erased_by_id_58007287 ON public.aftersale_erasedbuyer USING btree (erased_by_id);


CREATE INDEX aftersale_evidencefile_negotiation_id_823606ed ON public.aftersale_evidencefile USING btree (negotiation_id);


CREATE INDEX aftersale_evidencefile_rejection_id_5af80ae4 ON public.aftersale_evidencefile USING btree (rejection_id);


CREATE INDEX aftersale_evidencefile_return_freight_id_d522a9fe ON public.aftersale_evidencefile USING btree (return_freight_id);


CREATE INDEX aftersale_evidencefile_ticket_id_84767ec5 ON public.aftersale_evidencefile USING btree (ticket_id);


CREATE INDEX aftersale_evidencefile_uploaded_by_id_4500fdd2 ON public.aftersale_evidencefile USING btree (uploaded_by_id);


CREATE INDEX aftersale_fastrefundperiod_shop_id_bd90a554 ON public.aftersale_fastrefundperiod USING btree (shop_id);


CREATE INDEX aftersale_fileimport_created_by_id_ec215748 ON public.aftersale_fileimport USING btree (created_by_id);


CREATE INDEX aftersale_fundentry_attempt_id_56aec6ba ON public.aftersale_fundentry USING btree (attempt_id);


CREATE INDEX aftersale_fundentry_user_id_4e90f1b7 ON public.aftersale_fundentry USING btree (user_id);


CREATE INDEX aftersale_importfile_file_import_id_716bffb0 ON public.aftersale_importfile USING btree (file_import_id);


CREATE INDEX aftersale_membership_shop_id_547bbcb4 ON public.aftersale_membership USING btree (shop_id);


CREATE INDEX aftersale_membership_user_id_4c915a18 ON public.aftersale_membership USING btree (user_id);


CREATE INDEX aftersale_negotiation_user_id_a3f2276a ON public.aftersale_negotiation USING btree (user_id);


CREATE INDEX aftersale_offertext_shop_id_70e7f39a ON public.aftersale_offertext USING btree (shop_id);


CREATE INDEX aftersale_offertext_updated_by_id_e6db3a3f ON public.aftersale_offertext USING btree (updated_by_id);


CREATE INDEX aftersale_paymentstop_ended_by_id_7fb249da ON public.aftersale_paymentstop USING btree (ended_by_id);


CREATE INDEX aftersale_paymentstop_started_by_id_06cbc525 ON public.aftersale_paymentstop USING btree (started_by_id);


CREATE INDEX aftersale_platformaccount_connected_by_id_fb3303e5 ON public.aftersale_platformaccount USING btree (connected_by_id);


CREATE INDEX aftersale_platformauthorisation_shop_id_71810949 ON public.aftersale_platformauthorisation USING btree (shop_id);


CREATE INDEX aftersale_platformauthorisation_state_hash_cb496fa1_like ON public.aftersale_platformauthorisation USING btree (state_hash varchar_pattern_ops);


CREATE INDEX aftersale_platformauthorisation_user_id_ccf91222 ON public.aftersale_platformauthorisation USING btree (user_id);


CREATE INDEX aftersale_platformstep_ticket_id_f4487b41 ON public.aftersale_platformstep USING btree (ticket_id);


CREATE INDEX aftersale_refund_order_id_82ded2f2 ON public.aftersale_refund USING btree (order_id);


CREATE INDEX aftersale_rejection_ticket_id_be2c472c ON public.aftersale_rejection USING btree (ticket_id);


CREATE INDEX aftersale_rejection_user_id_530369ab ON public.aftersale_rejection USING btree (user_id);


CREATE INDEX aftersale_rejectreasontemplate_updated_by_id_89688e86 ON public.aftersale_rejectreasontemplate USING btree (updated_by_id);


CREATE INDEX aftersale_sandboxinstruction_shop_id_d8278394 ON public.aftersale_sandboxinstruction USING btree (shop_id);


CREATE INDEX aftersale_sandboxpayment_shop_id_45d528d3 ON public.aftersale_sandboxpayment USING btree (shop_id);


CREATE INDEX aftersale_shipment_order_id_2a9c1577 ON public.aftersale_shipment USING btree (order_id);


CREATE INDEX aftersale_shippingalert_changed_by_id_2a831858 ON public.aftersale_shippingalert USING btree (changed_by_id);


CREATE INDEX aftersale_shippingalert_order_id_a44193f3 ON public.aftersale_shippingalert USING btree (order_id);


CREATE INDEX aftersale_shop_automation_paused_by_id_d8c8ec47 ON public.aftersale_shop USING btree (automation_paused_by_id);


CREATE INDEX aftersale_shoprequest_key_2d2d53e7_like ON public.aftersale_shoprequest USING btree (key varchar_pattern_ops);


CREATE INDEX aftersale_shoprequest_order_id_5e2bacad ON public.aftersale_shoprequest USING btree (order_id);


CREATE INDEX aftersale_ticket_order_id_6425a44a ON public.aftersale_ticket USING btree (order_id);


CREATE INDEX aftersale_ticketevent_ticket_id_c64a99cb ON public.aftersale_ticketevent USING btree (ticket_id);


CREATE INDEX aftersale_webhookendpoint_created_by_id_9a648c5c ON public.aftersale_webhookendpoint USING btree (created_by_id);


CREATE INDEX aftersale_webhookendpoint_shop_id_d36521e7 ON public.aftersale_webhookendpoint USING btree (shop_id);


CREATE INDEX alert_ended ON public.monitoring_alert USING btree (shop_id, raised_at DESC, id DESC) WHERE ((acknowledged_at IS NULL) AND (ended_at IS NOT NULL));


CREATE INDEX alert_newest ON public.monitoring_alert USING btree (shop_id, raised_at DESC, id DESC);


CREATE INDEX alert_notice_mailed ON public.monitoring_alertnotice USING btree (user_id, told_at);


CREATE INDEX alert_notice_to_mail ON public.monitoring_alertnotice USING btree (user_id, alert_id) WHERE ((told_at IS NULL) AND (user_id IS NOT NULL));


CREATE INDEX alert_notice_to_tell ON public.monitoring_alertnotice USING btree (robot_id, alert_id) WHERE ((robot_id IS NOT NULL) AND (told_at IS NULL));


CREATE INDEX alert_open ON public.monitoring_alert USING btree (shop_id, raised_at DESC, id DESC) WHERE ((acknowledged_at IS NULL) AND (ended_at IS NULL));


CREATE UNIQUE INDEX approval_request_one_waiting ON public.aftersale_approvalrequest USING btree (ticket_id) WHERE ((state)::text = 'waiting'::text);


CREATE INDEX approval_request_waiting ON public.aftersale_approvalrequest USING btree (shop_id, state, requested_at, id) INCLUDE (ticket_id) WHERE ((state)::text = 'waiting'::text);


CREATE INDEX audit_all ON public.aftersale_auditentry USING btree (at DESC, id DESC) WHERE (id > 0);


CREATE INDEX audit_all_by ON public.aftersale_auditentry USING btree (user_id, at DESC, id DESC) INCLUDE (kind) WHERE ((id > 0) AND (token_id IS NULL) AND (user_id IS NOT NULL));


CREATE INDEX audit_all_from ON public.aftersale_auditentry USING btree (address, at DESC, id DESC) INCLUDE (kind) WHERE ((id > 0) AND (NOT ((address)::text = ''::text)));


CREATE INDEX audit_all_of_kind ON public.aftersale_auditentry USING btree (kind, at DESC, id DESC) WHERE (id > 0);


CREATE INDEX audit_all_whom ON public.aftersale_auditentry USING btree (whom_id, at DESC, id DESC) INCLUDE (kind) WHERE ((id > 0) AND (whom_id IS NOT NULL));


CREATE INDEX audit_by_token ON public.aftersale_auditentry USING btree (token_id, at DESC, id DESC) WHERE (token_id IS NOT NULL);


CREATE INDEX audit_of_request ON public.aftersale_auditentry USING btree (request_id, at DESC, id DESC) WHERE (NOT ((request_id)::text = ''::text));


CREATE INDEX audit_of_scope ON public.aftersale_auditentry USING btree (scope, at DESC, id DESC);


CREATE INDEX audit_of_scope_and_kind ON public.aftersale_auditentry USING btree (scope, kind, at DESC, id DESC);


CREATE INDEX audit_of_scope_by ON public.aftersale_auditentry USING btree (scope, user_id, at DESC, id DESC) INCLUDE (kind) WHERE ((token_id IS NULL) AND (user_id IS NOT NULL));


CREATE INDEX audit_of_scope_from ON public.aftersale_auditentry USING btree (scope, address, at DESC, id DESC) INCLUDE (kind) WHERE (NOT ((address)::text = ''::text));


CREATE INDEX audit_of_scope_whom ON public.aftersale_auditentry USING btree (scope, whom_id, at DESC, id DESC) INCLUDE (kind) WHERE (whom_id IS NOT NULL);


CREATE INDEX auth_group_name_a6ea08ec_like ON public.auth_group USING btree (name varchar_pattern_ops);


CREATE INDEX auth_group_permissions_group_id_b120cbf9 ON public.auth_group_permissions USING btree (group_id);


CREATE INDEX auth_group_permissions_permission_id_84c5c92e ON public.auth_group_permissions USING btree (permission_id);


CREATE INDEX auth_permission_content_type_id_2f476e4b ON public.auth_permission USING btree (content_type_id);


CREATE INDEX auth_user_groups_group_id_97559544 ON public.auth_user_groups USING btree (group_id);


CREATE INDEX auth_user_groups_user_id_6a12ed8b ON public.auth_user_groups USING btree (user_id);


CREATE INDEX auth_user_user_permissions_permission_id_1fbb5f2c ON public.auth_user_user_permissions USING btree (permission_id);


CREATE INDEX auth_user_user_permissions_user_id_a95ead1b ON public.auth_user_user_permissions USING btree (user_id);


CREATE INDEX auth_user_username_6821ab7c_like ON public.auth_user USING btree (username varchar_pattern_ops);


CREATE INDEX cache_expires ON public.cache USING btree (expires);


CREATE INDEX decision_buyer_hits ON public.strategies_decision USING btree (shop_id, buyer, decided_at) INCLUDE (amount) WHERE (NOT ((outcome)::text = 'manual'::text));


CREATE INDEX decision_of_shop ON public.strategies_decision USING btree (shop_id, decided_at);


CREATE UNIQUE INDEX decision_one_hit_per_scenario ON public.strategies_decision USING btree (ticket_id, scenario) WHERE (NOT ((outcome)::text = 'manual'::text));


CREATE INDEX decision_strategy_hits ON public.strategies_decision USING btree (strategy_id, decided_at) INCLUDE (amount) WHERE (strategy_id IS NOT NULL);


CREATE INDEX decision_suggested ON public.strategies_decision USING btree (shop_id, ticket_id, id) WHERE ((why)::text = 'suggested'::text);


CREATE INDEX django_admin_log_content_type_id_c4bce8eb ON public.django_admin_log USING btree (content_type_id);


CREATE INDEX django_admin_log_user_id_c564eba6 ON public.django_admin_log USING btree (user_id);


CREATE UNIQUE INDEX django_q_ormq_wake_once ON public.django_q_ormq USING btree (key, wake);


CREATE INDEX django_q_task_id_32882367_like ON public.django_q_task USING btree (id varchar_pattern_ops);


CREATE INDEX django_session_expire_date_a5c62663 ON public.django_session USING btree (expire_date);


CREATE INDEX django_session_session_key_c0390e0f_like ON public.django_session USING btree (session_key varchar_pattern_ops);


CREATE INDEX event_by_people ON public.aftersale_ticketevent USING btree (at) WHERE ((actor)::text = 'person'::text);


CREATE INDEX event_dispute ON public.aftersale_ticketevent USING btree (at) WHERE ((to_status)::text = 'arbitration'::text);


CREATE INDEX event_dispute_over ON public.aftersale_ticketevent USING btree (at) WHERE ((from_status)::text = 'arbitration'::text);


CREATE INDEX event_of_person ON public.aftersale_ticketevent USING btree (user_id, at, id) WHERE (((actor)::text = 'person'::text) AND (user_id IS NOT NULL));


CREATE INDEX event_rejected ON public.aftersale_ticketevent USING btree (at) WHERE ((to_status)::text = 'rejected'::text);


CREATE UNIQUE INDEX fast_refund_one_open_period ON public.aftersale_fastrefundperiod USING btree (shop_id) WHERE (ends_at IS NULL);


CREATE INDEX feed_by_age ON public.aftersale_feedevent USING brin (at);


CREATE INDEX feed_in_order ON public.aftersale_feedevent USING btree (shop_id, transaction, id);


CREATE INDEX file_import_newest ON public.aftersale_fileimport USING btree (shop_id, id DESC);


CREATE UNIQUE INDEX fund_entry_once_per_attempt ON public.aftersale_fundentry USING btree (attempt_id, kind) WHERE (attempt_id IS NOT NULL);


CREATE INDEX idempotent_call_at ON public.aftersale_idempotentcall USING btree (at);


CREATE INDEX import_row_by_key ON public.aftersale_importrow USING btree (file_import_id, of_order DESC, key, "table", "row");


CREATE INDEX import_row_outcome ON public.aftersale_importrow USING btree (file_import_id, outcome, "table", "row");


CREATE INDEX mfa_authenticator_user_id_0c3a50c0 ON public.mfa_authenticator USING btree (user_id);


CREATE INDEX monitoring_robot_created_by_id_30a832dd ON public.monitoring_robot USING btree (created_by_id);


CREATE INDEX monitoring_robot_shop_id_fd4c6bcf ON public.monitoring_robot USING btree (shop_id);


CREATE INDEX monitoring_weeklynote_advice_id_d1493894 ON public.monitoring_weeklynote USING btree (advice_id);


CREATE INDEX monitoring_weeklyreader_shop_id_d5877901 ON public.monitoring_weeklyreader USING btree (shop_id);


CREATE UNIQUE INDEX negotiation_one_open ON public.aftersale_negotiation USING btree (ticket_id) WHERE (ended_at IS NULL);


CREATE UNIQUE INDEX offer_text_once ON public.aftersale_offertext USING btree (shop_id, code) WHERE (NOT ((code)::text = ''::text));


CREATE INDEX order_changed ON public.aftersale_order USING brin (changed_at) WITH (pages_per_range='16');


CREATE INDEX order_newest ON public.aftersale_order USING btree (shop_id, id);


CREATE INDEX order_of_buyer ON public.aftersale_order USING btree (shop_id, buyer varchar_pattern_ops);


CREATE INDEX order_paid ON public.aftersale_order USING btree (shop_id, paid_at) WHERE (paid_at IS NOT NULL);


CREATE INDEX order_to_refund_fast ON public.aftersale_order USING btree (shop_id, id) WHERE ((labels @> ARRAY['fast_refund'::character varying(32)]) AND ((status)::text = 'pending_shipment'::text));


CREATE UNIQUE INDEX payment_stop_one_at_a_time ON public.aftersale_paymentstop USING btree ((1)) WHERE (ended_at IS NULL);


CREATE UNIQUE INDEX platform_account_one_shop_there ON public.aftersale_platformaccount USING btree (platform, address, shop_there) WHERE (NOT ((shop_there)::text = ''::text));


CREATE INDEX platform_calls_of_app ON public.aftersale_platformcalls USING btree (app, day);


CREATE INDEX platform_message_age ON public.aftersale_platformmessage USING btree (received_at);


CREATE INDEX platform_message_to_follow ON public.aftersale_platformmessage USING btree (account_id, id) WHERE (followed_at IS NULL);


CREATE INDEX platform_read_age ON public.aftersale_platformread USING btree (at);


CREATE INDEX platform_read_version ON public.aftersale_platformread USING btree (account_id, subject, version);


CREATE INDEX platform_step_due ON public.aftersale_platformstep USING btree (shop_id, next_step_at) WHERE (next_step_at IS NOT NULL);


CREATE UNIQUE INDEX platform_step_one_sent_a_ticket ON public.aftersale_platformstep USING btree (ticket_id) WHERE ((state)::text = 'sending'::text);


CREATE UNIQUE INDEX refund_attempt_one_alive ON public.aftersale_refundattempt USING btree (refund_id) WHERE ((state)::text = ANY (ARRAY[('leased'::character varying)::text, ('accepted'::character varying)::text, ('unknown'::character varying)::text, ('succeeded'::character varying)::text]));


CREATE INDEX refund_changed ON public.aftersale_refund USING brin (changed_at) WITH (pages_per_range='16');


CREATE INDEX refund_due ON public.aftersale_refund USING btree (shop_id, next_step_at) WHERE (next_step_at IS NOT NULL);


CREATE INDEX refund_failed ON public.aftersale_refund USING btree (shop_id, settled_at) WHERE ((status)::text = 'failed'::text);


CREATE INDEX refund_fast ON public.aftersale_refund USING btree (shop_id, requested_at) WHERE ((source)::text = 'fast_refund'::text);


CREATE INDEX refund_for_people ON public.aftersale_refund USING btree (shop_id, id) WHERE needs_people;


CREATE INDEX refund_newest ON public.aftersale_refund USING btree (shop_id, id);


CREATE INDEX refund_not_due ON public.aftersale_refund USING btree (shop_id, id) WHERE ((next_step_at IS NULL) AND ((status)::text = 'requested'::text));


CREATE INDEX refund_not_settled ON public.aftersale_refund USING btree (shop_id, status, id) WHERE ((status)::text = ANY (ARRAY[('sending'::character varying)::text, ('unknown'::character varying)::text, ('taken_back'::character varying)::text]));


CREATE INDEX refund_settled ON public.aftersale_refund USING btree (shop_id, settled_at) WHERE (settled_at IS NOT NULL);


CREATE INDEX rejection_at ON public.aftersale_rejection USING btree (at);


CREATE UNIQUE INDEX shipment_once ON public.aftersale_shipment USING btree (order_id, carrier, tracking_no, lines) WHERE (cancelled_at IS NULL);


CREATE INDEX shipping_alert_ended ON public.aftersale_shippingalert USING btree (shop_id, state, changed_at, id) WHERE ((state)::text = ANY (ARRAY[('intercepted'::character varying)::text, ('returned'::character varying)::text, ('lost'::character varying)::text]));


CREATE INDEX shipping_alert_newest ON public.aftersale_shippingalert USING btree (shop_id, raised_at DESC);


CREATE INDEX shipping_alert_on_its_way ON public.aftersale_shippingalert USING btree (shop_id, state, raised_at, id) WHERE ((state)::text = ANY (ARRAY[('to_stop'::character varying)::text, ('asked_carrier'::character varying)::text]));


CREATE UNIQUE INDEX shop_code_once ON public.aftersale_shop USING btree (code);


CREATE INDEX strategies_advicerun_created_by_id_9872f87b ON public.strategies_advicerun USING btree (created_by_id);


CREATE INDEX strategies_decision_ticket_id_95080303 ON public.strategies_decision USING btree (ticket_id);


CREATE INDEX strategies_evaluatorlane_rulebook_id_8c5505fb ON public.strategies_evaluatorlane USING btree (rulebook_id);


CREATE INDEX strategies_rulebookrevision_created_by_id_25c0db8f ON public.strategies_rulebookrevision USING btree (created_by_id);


CREATE INDEX strategies_strategyrevision_created_by_id_708da976 ON public.strategies_strategyrevision USING btree (created_by_id);


CREATE INDEX strategies_trialrun_created_by_id_2802c2ea ON public.strategies_trialrun USING btree (created_by_id);


CREATE UNIQUE INDEX strategy_name_once ON public.strategies_strategy USING btree (shop_id, scenario, name) WHERE (deleted_at IS NULL);


CREATE INDEX success_index ON public.django_q_task USING btree ("group", name, func) WHERE success;


CREATE INDEX ticket_applied ON public.aftersale_ticket USING btree (shop_id, applied_at);


CREATE INDEX ticket_changed ON public.aftersale_ticket USING brin (changed_at) WITH (pages_per_range='16');


CREATE INDEX ticket_flagged ON public.aftersale_ticket USING btree (shop_id, id) WHERE (NOT (flags = '{}'::character varying(24)[]));


CREATE INDEX ticket_of_buyer ON public.aftersale_ticket USING btree (shop_id, buyer varchar_pattern_ops);


CREATE INDEX ticket_of_handler ON public.aftersale_ticket USING btree (handler_id, due_at) WHERE ((handler_id IS NOT NULL) AND ((status)::text = ANY (ARRAY[('pending_review'::character varying)::text, ('negotiating'::character varying)::text, ('awaiting_return'::character varying)::text, ('returning'::character varying)::text, ('refund_failed'::character varying)::text, ('arbitration'::character varying)::text])));


CREATE INDEX ticket_of_shop ON public.aftersale_ticket USING btree (shop_id, id);


CREATE INDEX ticket_of_window ON public.aftersale_ticket USING btree (window_id) WHERE (window_id IS NOT NULL);


CREATE INDEX ticket_on_the_desk ON public.aftersale_ticket USING btree (shop_id, status, due_at, id) WHERE ((status)::text = ANY (ARRAY[('pending_review'::character varying)::text, ('negotiating'::character varying)::text, ('awaiting_return'::character varying)::text, ('returning'::character varying)::text, ('refund_failed'::character varying)::text, ('arbitration'::character varying)::text]));


CREATE INDEX ticket_rejected_before ON public.aftersale_ticket USING btree (order_id) WHERE rejected_before;


CREATE INDEX ticket_return_tracking ON public.aftersale_ticket USING btree (shop_id, return_tracking_no) WHERE (NOT ((return_tracking_no)::text = ''::text));


CREATE INDEX ticket_urged ON public.aftersale_ticket USING btree (shop_id, status, due_at, id) WHERE (((status)::text = ANY (ARRAY[('pending_review'::character varying)::text, ('negotiating'::character varying)::text, ('awaiting_return'::character varying)::text, ('returning'::character varying)::text, ('refund_failed'::character varying)::text, ('arbitration'::character varying)::text])) AND (urged > 0));


CREATE INDEX ticket_waiting ON public.aftersale_ticket USING btree (shop_id, applied_at, ticket_no) WHERE awaiting_evaluation;


CREATE INDEX ticket_without_order ON public.aftersale_ticket USING btree (shop_id, order_no) WHERE (order_id IS NULL);


CREATE INDEX trial_evaluation_of_ticket ON public.strategies_trialevaluation USING btree (trial_id, ticket_id);


CREATE INDEX trial_newest ON public.strategies_trialrun USING btree (shop_id, id DESC);


CREATE UNIQUE INDEX unique_authenticator_type ON public.mfa_authenticator USING btree (user_id, type) WHERE ((type)::text = ANY (ARRAY[('totp'::character varying)::text, ('recovery_codes'::character varying)::text]));


CREATE UNIQUE INDEX unique_primary_email ON public.account_emailaddress USING btree (user_id, "primary") WHERE "primary";


CREATE UNIQUE INDEX unique_verified_email ON public.account_emailaddress USING btree (email) WHERE verified;


CREATE INDEX usersessions_usersession_session_key_fd35de43_like ON public.usersessions_usersession USING btree (session_key varchar_pattern_ops);


CREATE INDEX usersessions_usersession_user_id_af5e0a6d ON public.usersessions_usersession USING btree (user_id);


CREATE INDEX webhook_first_of_subject ON public.aftersale_webhookmessage USING btree (endpoint_id, subject, id) WHERE ((state)::text = 'waiting'::text);


CREATE INDEX webhook_log ON public.aftersale_webhookmessage USING btree (endpoint_id, id DESC);


CREATE INDEX webhook_under_way ON public.aftersale_webhookmessage USING btree (endpoint_id, leased_until) WHERE ((leased_until IS NOT NULL) AND ((state)::text = 'waiting'::text));


CREATE INDEX webhook_waiting ON public.aftersale_webhookmessage USING btree (endpoint_id, id) WHERE ((state)::text = 'waiting'::text);


CREATE INDEX window_changed ON public.aftersale_aftersalewindow USING brin (changed_at) WITH (pages_per_range='16');


CREATE UNIQUE INDEX window_one_open_an_order ON public.aftersale_aftersalewindow USING btree (order_id) WHERE (closed_at IS NULL);


CREATE INDEX window_to_be_closed ON public.aftersale_aftersalewindow USING btree (closes_at) WHERE (closed_at IS NULL);


CREATE TRIGGER aftersale_audit_stays BEFORE DELETE OR UPDATE ON public.aftersale_auditentry FOR EACH ROW EXECUTE FUNCTION public.aftersale_audit_stays();


CREATE TRIGGER aftersale_awaiting_since BEFORE INSERT OR UPDATE ON public.aftersale_ticket FOR EACH ROW WHEN (new.awaiting_evaluation) EXECUTE FUNCTION public.aftersale_awaiting_since();


CREATE TRIGGER aftersale_changed BEFORE UPDATE ON public.aftersale_aftersalewindow FOR EACH ROW EXECUTE FUNCTION public.aftersale_changed();


CREATE TRIGGER aftersale_changed BEFORE UPDATE ON public.aftersale_order FOR EACH ROW EXECUTE FUNCTION public.aftersale_changed();


CREATE TRIGGER aftersale_changed BEFORE UPDATE ON public.aftersale_refund FOR EACH ROW EXECUTE FUNCTION public.aftersale_changed();


CREATE TRIGGER aftersale_changed BEFORE UPDATE ON public.aftersale_ticket FOR EACH ROW EXECUTE FUNCTION public.aftersale_changed();


CREATE TRIGGER aftersale_feed_to_webhooks AFTER INSERT ON public.aftersale_feedevent REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION public.aftersale_feed_to_webhooks();


CREATE TRIGGER aftersale_tell_events AFTER INSERT ON public.aftersale_ticketevent REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION public.aftersale_tell_events();


CREATE TRIGGER aftersale_tell_refund_changed AFTER UPDATE ON public.aftersale_refund FOR EACH ROW WHEN (((old.status)::text <> (new.status)::text)) EXECUTE FUNCTION public.aftersale_tell_refund_changed();


CREATE TRIGGER aftersale_tell_refunds AFTER INSERT ON public.aftersale_refund REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION public.aftersale_tell_refunds();


CREATE TRIGGER aftersale_tell_window_closed AFTER UPDATE ON public.aftersale_aftersalewindow FOR EACH ROW WHEN (((old.closed_at IS NULL) AND (new.closed_at IS NOT NULL))) EXECUTE FUNCTION public.aftersale_tell_window();


CREATE TRIGGER aftersale_tell_window_opened AFTER INSERT ON public.aftersale_aftersalewindow FOR EACH ROW EXECUTE FUNCTION public.aftersale_tell_window();


CREATE TRIGGER monitoring_alert_changed AFTER UPDATE ON public.aftersale_shippingalert FOR EACH ROW WHEN ((((old.state)::text <> (new.state)::text) OR ((old.kind)::text <> (new.kind)::text))) EXECUTE FUNCTION public.monitoring_alert_changed();


CREATE TRIGGER monitoring_alert_new AFTER INSERT ON public.aftersale_shippingalert FOR EACH ROW EXECUTE FUNCTION public.monitoring_alert_changed();


CREATE TRIGGER monitoring_answer_new AFTER INSERT ON public.aftersale_ticketevent FOR EACH ROW WHEN (((new.actor)::text = 'person'::text)) EXECUTE FUNCTION public.monitoring_answer_new();


CREATE TRIGGER monitoring_ended_ticket_changed AFTER UPDATE OF status, arbitration_result, return_shipped_at, goods_received_at ON public.aftersale_ticket FOR EACH ROW WHEN ((((old.arbitration_result)::text IS DISTINCT FROM (new.arbitration_result)::text) OR (old.return_shipped_at IS DISTINCT FROM new.return_shipped_at) OR (old.goods_received_at IS DISTINCT FROM new.goods_received_at) OR (((old.status)::text = ANY (ARRAY[('cancelled'::character varying)::text, ('closed'::character varying)::text])) AND ((new.status)::text <> (old.status)::text)))) EXECUTE FUNCTION public.monitoring_ended_ticket_changed();


CREATE TRIGGER monitoring_event_new AFTER INSERT ON public.aftersale_ticketevent FOR EACH ROW WHEN ((((new.from_status)::text = ANY (ARRAY[('rejected'::character varying)::text, ('arbitration'::character varying)::text])) OR ((new.to_status)::text = 'arbitration'::text))) EXECUTE FUNCTION public.monitoring_event_new();


CREATE TRIGGER monitoring_order_changed AFTER UPDATE OF paid_at ON public.aftersale_order FOR EACH ROW WHEN ((old.paid_at IS DISTINCT FROM new.paid_at)) EXECUTE FUNCTION public.monitoring_order_changed();


CREATE TRIGGER monitoring_orders_new AFTER INSERT ON public.aftersale_order REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION public.monitoring_orders_new();


CREATE TRIGGER monitoring_refund_changed AFTER UPDATE ON public.aftersale_refund FOR EACH ROW WHEN ((((old.settled_at IS NOT NULL) OR (new.settled_at IS NOT NULL)) AND ((old.settled_at IS DISTINCT FROM new.settled_at) OR ((old.status)::text IS DISTINCT FROM (new.status)::text) OR (old.amount IS DISTINCT FROM new.amount) OR ((old.source)::text IS DISTINCT FROM (new.source)::text)))) EXECUTE FUNCTION public.monitoring_refund_changed();


CREATE TRIGGER monitoring_refund_new AFTER INSERT ON public.aftersale_refund FOR EACH ROW WHEN ((new.settled_at IS NOT NULL)) EXECUTE FUNCTION public.monitoring_refund_changed();


CREATE TRIGGER monitoring_refunded_after_rejection AFTER UPDATE ON public.aftersale_refund FOR EACH ROW WHEN ((((new.status)::text = 'succeeded'::text) AND ((old.status)::text <> 'succeeded'::text))) EXECUTE FUNCTION public.monitoring_refunded_after_rejection();


CREATE TRIGGER monitoring_refunded_after_rejection_new AFTER INSERT ON public.aftersale_refund FOR EACH ROW WHEN (((new.status)::text = 'succeeded'::text)) EXECUTE FUNCTION public.monitoring_refunded_after_rejection();


CREATE TRIGGER monitoring_rejection_new AFTER INSERT ON public.aftersale_rejection FOR EACH ROW EXECUTE FUNCTION public.monitoring_rejection_new();


CREATE TRIGGER monitoring_tell_alert AFTER INSERT ON public.monitoring_alert FOR EACH ROW EXECUTE FUNCTION public.monitoring_tell_alert();


CREATE TRIGGER monitoring_ticket_changed AFTER UPDATE OF applied_at, reason, amount, products ON public.aftersale_ticket FOR EACH ROW WHEN (((old.applied_at IS DISTINCT FROM new.applied_at) OR ((old.reason)::text IS DISTINCT FROM (new.reason)::text) OR (old.amount IS DISTINCT FROM new.amount) OR (old.products IS DISTINCT FROM new.products))) EXECUTE FUNCTION public.monitoring_ticket_changed();


CREATE TRIGGER monitoring_tickets_new AFTER INSERT ON public.aftersale_ticket REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION public.monitoring_tickets_new();


CREATE TRIGGER strategies_tell_decisions AFTER INSERT ON public.strategies_decision REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION public.strategies_tell_decisions();


ALTER TABLE ONLY public.account_emailaddress
    ADD CONSTRAINT account_emailaddress_user_id_2c513194_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.account_emailconfirmation
    ADD CONSTRAINT account_emailconfirm_email_address_id_5b7f8c58_fk_account_e FOREIGN KEY (email_address_id) REFERENCES public.account_emailaddress(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_accountlink_shops
    ADD CONSTRAINT aftersale_accountlin_accountlink_id_761210a3_fk_aftersale FOREIGN KEY (accountlink_id) REFERENCES public.aftersale_accountlink(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_accountlink_shops
    ADD CONSTRAINT aftersale_accountlin_shop_id_6b0d324c_fk_aftersale FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_accountlink
    ADD CONSTRAINT aftersale_accountlink_made_by_id_8082a5d5_fk_auth_user_id FOREIGN KEY (made_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_accountlink
    ADD CONSTRAINT aftersale_accountlink_used_by_id_cf1cea76_fk_auth_user_id FOREIGN KEY (used_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_accountlink
    ADD CONSTRAINT aftersale_accountlink_user_id_efe36ddc_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_aftersalewindow
    ADD CONSTRAINT aftersale_aftersalew_order_id_99e929b4_fk_aftersale FOREIGN KEY (order_id) REFERENCES public.aftersale_order(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_aftersalewindow
    ADD CONSTRAINT aftersale_aftersalewindow_opened_by_id_1f76728d_fk_auth_user_id FOREIGN KEY (opened_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_aftersalewindow
    ADD CONSTRAINT aftersale_aftersalewindow_shop_id_ae1ac189_fk_aftersale_shop_id FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_apitoken
    ADD CONSTRAINT aftersale_apitoken_created_by_id_28d67d91_fk_auth_user_id FOREIGN KEY (created_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_apitoken
    ADD CONSTRAINT aftersale_apitoken_revoked_by_id_2cfb6f6e_fk_auth_user_id FOREIGN KEY (revoked_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_apitoken
    ADD CONSTRAINT aftersale_apitoken_shop_id_61686298_fk_aftersale_shop_id FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_approvallimit
    ADD CONSTRAINT aftersale_approvallimit_shop_id_176b25b2_fk_aftersale_shop_id FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_approvalrequest
    ADD CONSTRAINT aftersale_approvalre_requested_by_id_263f92c4_fk_auth_user FOREIGN KEY (requested_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_approvalrequest
    ADD CONSTRAINT aftersale_approvalre_settled_by_id_df072780_fk_auth_user FOREIGN KEY (settled_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_approvalrequest
    ADD CONSTRAINT aftersale_approvalre_ticket_id_d9154446_fk_aftersale FOREIGN KEY (ticket_id) REFERENCES public.aftersale_ticket(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_blockedbuyer
    ADD CONSTRAINT aftersale_blockedbuyer_created_by_id_cf2a24a6_fk_auth_user_id FOREIGN KEY (created_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_blockedbuyer
    ADD CONSTRAINT aftersale_blockedbuyer_shop_id_015afcee_fk_aftersale_shop_id FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_casevisit
    ADD CONSTRAINT aftersale_casevisit_ticket_id_52ad7786_fk_aftersale_ticket_id FOREIGN KEY (ticket_id) REFERENCES public.aftersale_ticket(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_casevisit
    ADD CONSTRAINT aftersale_casevisit_user_id_2fab7680_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_columnmapping
    ADD CONSTRAINT aftersale_columnmapping_changed_by_id_8538d039_fk_auth_user_id FOREIGN KEY (changed_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_columnmapping
    ADD CONSTRAINT aftersale_columnmapping_shop_id_ce761a5c_fk_aftersale_shop_id FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_commissionsplit
    ADD CONSTRAINT aftersale_commission_order_id_49c36215_fk_aftersale FOREIGN KEY (order_id) REFERENCES public.aftersale_order(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_commissionreturn
    ADD CONSTRAINT aftersale_commission_refund_id_7c7efd35_fk_aftersale FOREIGN KEY (refund_id) REFERENCES public.aftersale_refund(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_commissionreturn
    ADD CONSTRAINT aftersale_commission_split_id_f4679ee7_fk_aftersale FOREIGN KEY (split_id) REFERENCES public.aftersale_commissionsplit(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_erasedbuyer
    ADD CONSTRAINT aftersale_erasedbuyer_erased_by_id_58007287_fk_auth_user_id FOREIGN KEY (erased_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_erasedbuyer
    ADD CONSTRAINT aftersale_erasedbuyer_shop_id_15e06c9a_fk_aftersale_shop_id FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_evidencefile
    ADD CONSTRAINT aftersale_evidencefi_negotiation_id_823606ed_fk_aftersale FOREIGN KEY (negotiation_id) REFERENCES public.aftersale_negotiation(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_evidencefile
    ADD CONSTRAINT aftersale_evidencefi_rejection_id_5af80ae4_fk_aftersale FOREIGN KEY (rejection_id) REFERENCES public.aftersale_rejection(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_evidencefile
    ADD CONSTRAINT aftersale_evidencefi_return_freight_id_d522a9fe_fk_aftersale FOREIGN KEY (return_freight_id) REFERENCES public.aftersale_returnfreight(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_evidencefile
    ADD CONSTRAINT aftersale_evidencefi_ticket_id_84767ec5_fk_aftersale FOREIGN KEY (ticket_id) REFERENCES public.aftersale_ticket(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_evidencefile
    ADD CONSTRAINT aftersale_evidencefile_uploaded_by_id_4500fdd2_fk_auth_user_id FOREIGN KEY (uploaded_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_exportedline
    ADD CONSTRAINT aftersale_exportedline_shop_id_6d83223d_fk_aftersale_shop_id FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_fastrefundperiod
    ADD CONSTRAINT aftersale_fastrefund_shop_id_bd90a554_fk_aftersale FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_feedevent
    ADD CONSTRAINT aftersale_feedevent_shop_id_52321a37_fk_aftersale_shop_id FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_fileimport
    ADD CONSTRAINT aftersale_fileimport_created_by_id_ec215748_fk_auth_user_id FOREIGN KEY (created_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_fileimport
    ADD CONSTRAINT aftersale_fileimport_shop_id_7d6df9cc_fk_aftersale_shop_id FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_fund
    ADD CONSTRAINT aftersale_fund_shop_id_af3ef4c0_fk_aftersale_shop_id FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_fundentry
    ADD CONSTRAINT aftersale_fundentry_attempt_id_56aec6ba_fk_aftersale FOREIGN KEY (attempt_id) REFERENCES public.aftersale_refundattempt(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_fundentry
    ADD CONSTRAINT aftersale_fundentry_fund_id_0c1a53fb_fk_aftersale_fund_id FOREIGN KEY (fund_id) REFERENCES public.aftersale_fund(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_fundentry
    ADD CONSTRAINT aftersale_fundentry_user_id_4e90f1b7_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_idempotentcall
    ADD CONSTRAINT aftersale_idempotent_token_id_bcdbed32_fk_aftersale FOREIGN KEY (token_id) REFERENCES public.aftersale_apitoken(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_importfile
    ADD CONSTRAINT aftersale_importfile_file_import_id_716bffb0_fk_aftersale FOREIGN KEY (file_import_id) REFERENCES public.aftersale_fileimport(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_importpiece
    ADD CONSTRAINT aftersale_importpiec_file_id_208bbb44_fk_aftersale FOREIGN KEY (file_id) REFERENCES public.aftersale_importfile(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_importrow
    ADD CONSTRAINT aftersale_importrow_file_import_id_621547a9_fk_aftersale FOREIGN KEY (file_import_id) REFERENCES public.aftersale_fileimport(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_membership
    ADD CONSTRAINT aftersale_membership_shop_id_547bbcb4_fk_aftersale_shop_id FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_membership
    ADD CONSTRAINT aftersale_membership_user_id_4c915a18_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_negotiation
    ADD CONSTRAINT aftersale_negotiation_ticket_id_5b47f0a9_fk_aftersale_ticket_id FOREIGN KEY (ticket_id) REFERENCES public.aftersale_ticket(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_negotiation
    ADD CONSTRAINT aftersale_negotiation_user_id_a3f2276a_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_offertext
    ADD CONSTRAINT aftersale_offertext_shop_id_70e7f39a_fk_aftersale_shop_id FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_offertext
    ADD CONSTRAINT aftersale_offertext_updated_by_id_e6db3a3f_fk_auth_user_id FOREIGN KEY (updated_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_order
    ADD CONSTRAINT aftersale_order_shop_id_d4ac4dca_fk_aftersale_shop_id FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_orderline
    ADD CONSTRAINT aftersale_orderline_order_id_535affeb_fk_aftersale_order_id FOREIGN KEY (order_id) REFERENCES public.aftersale_order(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_ordershipping
    ADD CONSTRAINT aftersale_ordershipping_changed_by_id_d9f5e334_fk_auth_user_id FOREIGN KEY (changed_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_ordershipping
    ADD CONSTRAINT aftersale_ordershipping_order_id_69cf1682_fk_aftersale_order_id FOREIGN KEY (order_id) REFERENCES public.aftersale_order(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_paymentstop
    ADD CONSTRAINT aftersale_paymentstop_ended_by_id_7fb249da_fk_auth_user_id FOREIGN KEY (ended_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_paymentstop
    ADD CONSTRAINT aftersale_paymentstop_started_by_id_06cbc525_fk_auth_user_id FOREIGN KEY (started_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_platformaccount
    ADD CONSTRAINT aftersale_platformac_connected_by_id_fb3303e5_fk_auth_user FOREIGN KEY (connected_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_platformaccount
    ADD CONSTRAINT aftersale_platformaccount_shop_id_025154eb_fk_aftersale_shop_id FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_platformauthorisation
    ADD CONSTRAINT aftersale_platformau_shop_id_71810949_fk_aftersale FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_platformauthorisation
    ADD CONSTRAINT aftersale_platformau_user_id_ccf91222_fk_auth_user FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_platformcalls
    ADD CONSTRAINT aftersale_platformcalls_shop_id_a3bcaa38_fk_aftersale_shop_id FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_platformfacts
    ADD CONSTRAINT aftersale_platformfacts_shop_id_c0e0dc5a_fk_aftersale_shop_id FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_platformmessage
    ADD CONSTRAINT aftersale_platformme_account_id_226523a0_fk_aftersale FOREIGN KEY (account_id) REFERENCES public.aftersale_platformaccount(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_platformproblem
    ADD CONSTRAINT aftersale_platformpr_account_id_02a08e49_fk_aftersale FOREIGN KEY (account_id) REFERENCES public.aftersale_platformaccount(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_platformread
    ADD CONSTRAINT aftersale_platformre_account_id_b5299cfc_fk_aftersale FOREIGN KEY (account_id) REFERENCES public.aftersale_platformaccount(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_platformstep
    ADD CONSTRAINT aftersale_platformst_negotiation_id_b9159e9c_fk_aftersale FOREIGN KEY (negotiation_id) REFERENCES public.aftersale_negotiation(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_platformstep
    ADD CONSTRAINT aftersale_platformst_rejection_id_3eb7400c_fk_aftersale FOREIGN KEY (rejection_id) REFERENCES public.aftersale_rejection(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_platformstep
    ADD CONSTRAINT aftersale_platformst_request_id_f22351c3_fk_aftersale FOREIGN KEY (request_id) REFERENCES public.aftersale_shoprequest(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_platformstep
    ADD CONSTRAINT aftersale_platformst_ticket_id_f4487b41_fk_aftersale FOREIGN KEY (ticket_id) REFERENCES public.aftersale_ticket(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_platformstep
    ADD CONSTRAINT aftersale_platformst_window_id_e0901116_fk_aftersale FOREIGN KEY (window_id) REFERENCES public.aftersale_aftersalewindow(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_platformstep
    ADD CONSTRAINT aftersale_platformstep_order_id_4de99595_fk_aftersale_order_id FOREIGN KEY (order_id) REFERENCES public.aftersale_order(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_platformstep
    ADD CONSTRAINT aftersale_platformstep_shop_id_35917746_fk_aftersale_shop_id FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_platformstep
    ADD CONSTRAINT aftersale_platformstep_user_id_e3b2e244_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_refund
    ADD CONSTRAINT aftersale_refund_order_id_82ded2f2_fk_aftersale_order_id FOREIGN KEY (order_id) REFERENCES public.aftersale_order(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_refund
    ADD CONSTRAINT aftersale_refund_requested_by_id_d72b7075_fk_auth_user_id FOREIGN KEY (requested_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_refund
    ADD CONSTRAINT aftersale_refund_ticket_id_01f58dfd_fk_aftersale_ticket_id FOREIGN KEY (ticket_id) REFERENCES public.aftersale_ticket(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_refundattempt
    ADD CONSTRAINT aftersale_refundatte_refund_id_7fabba18_fk_aftersale FOREIGN KEY (refund_id) REFERENCES public.aftersale_refund(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_rejection
    ADD CONSTRAINT aftersale_rejection_ticket_id_be2c472c_fk_aftersale_ticket_id FOREIGN KEY (ticket_id) REFERENCES public.aftersale_ticket(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_rejection
    ADD CONSTRAINT aftersale_rejection_user_id_530369ab_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_rejectreasontemplate
    ADD CONSTRAINT aftersale_rejectreas_shop_id_5c1ddd25_fk_aftersale FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_rejectreasontemplate
    ADD CONSTRAINT aftersale_rejectreas_updated_by_id_89688e86_fk_auth_user FOREIGN KEY (updated_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_returnfreight
    ADD CONSTRAINT aftersale_returnfrei_ticket_id_1ccf8977_fk_aftersale FOREIGN KEY (ticket_id) REFERENCES public.aftersale_ticket(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_returnfreight
    ADD CONSTRAINT aftersale_returnfreight_user_id_2d9a142b_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_sandboxinstruction
    ADD CONSTRAINT aftersale_sandboxins_shop_id_d8278394_fk_aftersale FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_sandboxpayment
    ADD CONSTRAINT aftersale_sandboxpayment_shop_id_45d528d3_fk_aftersale_shop_id FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_savedfilter
    ADD CONSTRAINT aftersale_savedfilter_user_id_4e64a859_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_shipment
    ADD CONSTRAINT aftersale_shipment_order_id_2a9c1577_fk_aftersale_order_id FOREIGN KEY (order_id) REFERENCES public.aftersale_order(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_shipment
    ADD CONSTRAINT aftersale_shipment_reported_by_id_aa7250c3_fk_auth_user_id FOREIGN KEY (reported_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_shippingalert
    ADD CONSTRAINT aftersale_shippingal_ticket_id_3d70b4cd_fk_aftersale FOREIGN KEY (ticket_id) REFERENCES public.aftersale_ticket(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_shippingalert
    ADD CONSTRAINT aftersale_shippingalert_changed_by_id_2a831858_fk_auth_user_id FOREIGN KEY (changed_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_shippingalert
    ADD CONSTRAINT aftersale_shippingalert_order_id_a44193f3_fk_aftersale_order_id FOREIGN KEY (order_id) REFERENCES public.aftersale_order(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_shippingalert
    ADD CONSTRAINT aftersale_shippingalert_shop_id_7cebf11a_fk_aftersale_shop_id FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_shop
    ADD CONSTRAINT aftersale_shop_automation_paused_by_id_d8c8ec47_fk_auth_user_id FOREIGN KEY (automation_paused_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_shoprequest
    ADD CONSTRAINT aftersale_shoprequest_order_id_5e2bacad_fk_aftersale_order_id FOREIGN KEY (order_id) REFERENCES public.aftersale_order(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_shoprequest
    ADD CONSTRAINT aftersale_shoprequest_shop_id_0d2a05b6_fk_aftersale_shop_id FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_shoprequest
    ADD CONSTRAINT aftersale_shoprequest_user_id_3e34d17e_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_ticket
    ADD CONSTRAINT aftersale_ticket_handler_id_d399c286_fk_auth_user_id FOREIGN KEY (handler_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_ticket
    ADD CONSTRAINT aftersale_ticket_order_id_6425a44a_fk_aftersale_order_id FOREIGN KEY (order_id) REFERENCES public.aftersale_order(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_ticket
    ADD CONSTRAINT aftersale_ticket_shop_id_4b9551c0_fk_aftersale_shop_id FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_ticket
    ADD CONSTRAINT aftersale_ticket_window_id_e5a28403_fk_aftersale FOREIGN KEY (window_id) REFERENCES public.aftersale_aftersalewindow(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_webhookendpoint
    ADD CONSTRAINT aftersale_webhookend_created_by_id_9a648c5c_fk_auth_user FOREIGN KEY (created_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.aftersale_webhookendpoint
    ADD CONSTRAINT aftersale_webhookendpoint_shop_id_d36521e7_fk_aftersale_shop_id FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissio_permission_id_84c5c92e_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_b120cbf9_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_2f476e4b_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.auth_user_groups
    ADD CONSTRAINT auth_user_groups_group_id_97559544_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.auth_user_groups
    ADD CONSTRAINT auth_user_groups_user_id_6a12ed8b_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.auth_user_user_permissions
    ADD CONSTRAINT auth_user_user_permi_permission_id_1fbb5f2c_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.auth_user_user_permissions
    ADD CONSTRAINT auth_user_user_permissions_user_id_a95ead1b_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.django_admin_log
    ADD CONSTRAINT django_admin_log_content_type_id_c4bce8eb_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.django_admin_log
    ADD CONSTRAINT django_admin_log_user_id_c564eba6_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.mfa_authenticator
    ADD CONSTRAINT mfa_authenticator_user_id_0c3a50c0_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.monitoring_alert
    ADD CONSTRAINT monitoring_alert_acknowledged_by_id_2c2d86e9_fk_auth_user_id FOREIGN KEY (acknowledged_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.monitoring_alert
    ADD CONSTRAINT monitoring_alert_shop_id_ee6b6024_fk_aftersale_shop_id FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.monitoring_alertnotice
    ADD CONSTRAINT monitoring_alertmail_alert_id_b69a3027_fk_monitoring_alert_id FOREIGN KEY (alert_id) REFERENCES public.monitoring_alert(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.monitoring_alertnotice
    ADD CONSTRAINT monitoring_alertnotice_robot_id_085a49fa_fk_monitoring_robot_id FOREIGN KEY (robot_id) REFERENCES public.monitoring_robot(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.monitoring_alertnotice
    ADD CONSTRAINT monitoring_alertnotice_user_id_68a44185_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.monitoring_alertsubscription
    ADD CONSTRAINT monitoring_alertsubscription_user_id_c8511982_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.monitoring_robot
    ADD CONSTRAINT monitoring_robot_created_by_id_30a832dd_fk_auth_user_id FOREIGN KEY (created_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.monitoring_robot
    ADD CONSTRAINT monitoring_robot_shop_id_fd4c6bcf_fk_aftersale_shop_id FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.monitoring_weeklynote
    ADD CONSTRAINT monitoring_weeklynot_advice_id_d1493894_fk_strategie FOREIGN KEY (advice_id) REFERENCES public.strategies_advicerun(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.monitoring_weeklynote
    ADD CONSTRAINT monitoring_weeklynote_shop_id_6a4c0ebc_fk_aftersale_shop_id FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.monitoring_weeklyreader
    ADD CONSTRAINT monitoring_weeklyreader_shop_id_d5877901_fk_aftersale_shop_id FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.monitoring_weeklyreader
    ADD CONSTRAINT monitoring_weeklyreader_user_id_101b80c5_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.strategies_advicerun
    ADD CONSTRAINT strategies_advicerun_created_by_id_9872f87b_fk_auth_user_id FOREIGN KEY (created_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.strategies_advicerun
    ADD CONSTRAINT strategies_advicerun_shop_id_51309a0f_fk_aftersale_shop_id FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.strategies_decision
    ADD CONSTRAINT strategies_decision_taken_over_by_id_eeb5fc54_fk_auth_user_id FOREIGN KEY (taken_over_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.strategies_decision
    ADD CONSTRAINT strategies_decision_ticket_id_95080303_fk_aftersale_ticket_id FOREIGN KEY (ticket_id) REFERENCES public.aftersale_ticket(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.strategies_evaluatorlane
    ADD CONSTRAINT strategies_evaluator_rulebook_id_8c5505fb_fk_strategie FOREIGN KEY (rulebook_id) REFERENCES public.strategies_rulebookrevision(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.strategies_evaluatorlane
    ADD CONSTRAINT strategies_evaluatorlane_shop_id_134bbd31_fk_aftersale_shop_id FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.strategies_pastedition
    ADD CONSTRAINT strategies_pastedition_shop_id_0afe3a3a_fk_aftersale_shop_id FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.strategies_rulebookrevision
    ADD CONSTRAINT strategies_rulebookr_created_by_id_25c0db8f_fk_auth_user FOREIGN KEY (created_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.strategies_rulebookrevision
    ADD CONSTRAINT strategies_rulebookr_shop_id_b0a5195d_fk_aftersale FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.strategies_strategy
    ADD CONSTRAINT strategies_strategy_shop_id_15f16458_fk_aftersale_shop_id FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.strategies_strategyrevision
    ADD CONSTRAINT strategies_strategyr_created_by_id_708da976_fk_auth_user FOREIGN KEY (created_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.strategies_strategyrevision
    ADD CONSTRAINT strategies_strategyr_strategy_id_e8596186_fk_strategie FOREIGN KEY (strategy_id) REFERENCES public.strategies_strategy(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.strategies_strategyusage
    ADD CONSTRAINT strategies_strategyu_strategy_id_c2a9eaae_fk_strategie FOREIGN KEY (strategy_id) REFERENCES public.strategies_strategy(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.strategies_trialevaluation
    ADD CONSTRAINT strategies_trialeval_trial_id_d196368c_fk_strategie FOREIGN KEY (trial_id) REFERENCES public.strategies_trialrun(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.strategies_trialrun
    ADD CONSTRAINT strategies_trialrun_created_by_id_2802c2ea_fk_auth_user_id FOREIGN KEY (created_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.strategies_trialrun
    ADD CONSTRAINT strategies_trialrun_shop_id_f39c18a5_fk_aftersale_shop_id FOREIGN KEY (shop_id) REFERENCES public.aftersale_shop(id) DEFERRABLE INITIALLY DEFERRED;


ALTER TABLE ONLY public.usersessions_usersession
    ADD CONSTRAINT usersessions_usersession_user_id_af5e0a6d_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

INSERT INTO django_migrations (app, name, applied) VALUES
    ('account', '0001_initial', now()),
    ('account', '0002_email_max_length', now()),
    ('account', '0003_alter_emailaddress_create_unique_verified_email', now()),
    ('account', '0004_alter_emailaddress_drop_unique_email', now()),
    ('account', '0005_emailaddress_idx_upper_email', now()),
    ('account', '0006_emailaddress_lower', now()),
    ('account', '0007_emailaddress_idx_email', now()),
    ('account', '0008_emailaddress_unique_primary_email_fixup', now()),
    ('account', '0009_emailaddress_unique_primary_email', now()),
    ('admin', '0001_initial', now()),
    ('admin', '0002_logentry_remove_auto_add', now()),
    ('admin', '0003_logentry_add_action_flag_choices', now()),
    ('aftersale', '0001_initial', now()),
    ('aftersale', '0002_the_desk', now()),
    ('aftersale', '0003_workbench_reads', now()),
    ('aftersale', '0004_alert_refund_failed', now()),
    ('aftersale', '0005_lists_of_a_million', now()),
    ('aftersale', '0006_fast_refunds_on_the_desk', now()),
    ('aftersale', '0007_figure_reads', now()),
    ('aftersale', '0008_api_tokens', now()),
    ('aftersale', '0009_shipments', now()),
    ('aftersale', '0010_platform_accounts', now()),
    ('aftersale', '0011_steps_through_the_platform', now()),
    ('aftersale', '0012_webhooks', now()),
    ('aftersale', '0013_outbox', now()),
    ('aftersale', '0014_lists_newest', now()),
    ('aftersale', '0015_differs_is_for_people', now()),
    ('aftersale', '0016_said_in_every_language', now()),
    ('aftersale', '0017_waits_since', now()),
    ('aftersale', '0018_awaiting_evaluation', now()),
    ('aftersale', '0019_line_money', now()),
    ('aftersale', '0020_clean_identifiers', now()),
    ('aftersale', '0021_platform_facts', now()),
    ('aftersale', '0022_facts_in_doubt', now()),
    ('aftersale', '0023_fen_fields', now()),
    ('aftersale', '0024_reasons_of_platforms', now()),
    ('aftersale', '0025_refunded_elsewhere', now()),
    ('aftersale', '0026_labels_of_tickets', now()),
    ('aftersale', '0027_payment_reference', now()),
    ('aftersale', '0028_call_until', now()),
    ('aftersale', '0029_open_differences_are_decided', now()),
    ('aftersale', '0030_refund_to_be_paid', now()),
    ('aftersale', '0031_public_numbers', now()),
    ('aftersale', '0032_authorisations', now()),
    ('aftersale', '0033_platform_reads_and_calls', now()),
    ('aftersale', '0034_scopes_apart', now()),
    ('aftersale', '0035_file_imports', now()),
    ('aftersale', '0036_feed', now()),
    ('aftersale', '0037_accounts_and_links', now()),
    ('aftersale', '0038_steps_beside', now()),
    ('aftersale', '0039_changed_at', now()),
    ('aftersale', '0040_columns_to_be_mapped', now()),
    ('aftersale', '0041_wake_once', now()),
    ('aftersale', '0042_time_of_decisions', now()),
    ('aftersale', '0043_webhooks_by_programs', now()),
    ('aftersale', '0044_history_lost', now()),
    ('aftersale', '0045_audit_trail', now()),
    ('aftersale', '0046_how_tickets_came', now()),
    ('aftersale', '0047_personal_data', now()),
    ('aftersale', '0048_requests_of_shops', now()),
    ('aftersale', '0049_second_person', now()),
    ('aftersale', '0050_notes_and_flags_of_the_desk', now()),
    ('aftersale', '0051_ends_of_tickets', now()),
    ('aftersale', '0052_room_in_orders', now()),
    ('aftersale', '0053_tokens_of_steps', now()),
    ('aftersale', '0054_texts_for_negotiating', now()),
    ('aftersale', '0055_answers_of_platforms', now()),
    ('aftersale', '0056_requests_by_day', now()),
    ('aftersale', '0057_trail_by_scope', now()),
    ('aftersale', '0058_lists_that_were_refused', now()),
    ('aftersale', '0059_pieces_of_files', now()),
    ('auth', '0001_initial', now()),
    ('auth', '0002_alter_permission_name_max_length', now()),
    ('auth', '0003_alter_user_email_max_length', now()),
    ('auth', '0004_alter_user_username_opts', now()),
    ('auth', '0005_alter_user_last_login_null', now()),
    ('auth', '0006_require_contenttypes_0002', now()),
    ('auth', '0007_alter_validators_add_error_messages', now()),
    ('auth', '0008_alter_user_username_max_length', now()),
    ('auth', '0009_alter_user_last_name_max_length', now()),
    ('auth', '0010_alter_group_name_max_length', now()),
    ('auth', '0011_update_proxy_permissions', now()),
    ('auth', '0012_alter_user_first_name_max_length', now()),
    ('contenttypes', '0001_initial', now()),
    ('contenttypes', '0002_remove_content_type_name', now()),
    ('django_q', '0001_initial', now()),
    ('django_q', '0002_auto_20150630_1624', now()),
    ('django_q', '0003_auto_20150708_1326', now()),
    ('django_q', '0004_auto_20150710_1043', now()),
    ('django_q', '0005_auto_20150718_1506', now()),
    ('django_q', '0006_auto_20150805_1817', now()),
    ('django_q', '0007_ormq', now()),
    ('django_q', '0008_auto_20160224_1026', now()),
    ('django_q', '0009_auto_20171009_0915', now()),
    ('django_q', '0010_auto_20200610_0856', now()),
    ('django_q', '0011_auto_20200628_1055', now()),
    ('django_q', '0012_auto_20200702_1608', now()),
    ('django_q', '0013_task_attempt_count', now()),
    ('django_q', '0014_schedule_cluster', now()),
    ('django_q', '0015_alter_schedule_schedule_type', now()),
    ('django_q', '0016_schedule_intended_date_kwarg', now()),
    ('django_q', '0017_task_cluster_alter', now()),
    ('django_q', '0018_task_success_index', now()),
    ('django_q', '0019_alter_task_options_alter_ormq_key_alter_ormq_lock_and_more', now()),
    ('mfa', '0001_initial', now()),
    ('mfa', '0002_authenticator_timestamps', now()),
    ('mfa', '0003_authenticator_type_uniq', now()),
    ('monitoring', '0001_alerts', now()),
    ('monitoring', '0002_figures', now()),
    ('monitoring', '0003_stale_moments', now()),
    ('monitoring', '0004_platform_alerts', now()),
    ('monitoring', '0005_webhook_alerts', now()),
    ('monitoring', '0006_alert_raised', now()),
    ('monitoring', '0007_alert_mail_sent', now()),
    ('monitoring', '0008_mail_language', now()),
    ('monitoring', '0009_deskcount_source', now()),
    ('monitoring', '0010_alert_ended', now()),
    ('monitoring', '0011_fen_fields', now()),
    ('monitoring', '0012_to_pay_alerts', now()),
    ('monitoring', '0013_standstill_alerts', now()),
    ('monitoring', '0014_token_alerts', now()),
    ('monitoring', '0015_known_ends', now()),
    ('monitoring', '0016_group_robots', now()),
    ('monitoring', '0017_tokens_of_steps', now()),
    ('monitoring', '0018_requests_and_answers', now()),
    ('monitoring', '0019_ends_known_later', now()),
    ('monitoring', '0020_weekly_notes', now()),
    ('sessions', '0001_initial', now()),
    ('strategies', '0001_initial', now()),
    ('strategies', '0002_fast_refund_rules', now()),
    ('strategies', '0003_trial_runs_and_tallies', now()),
    ('strategies', '0004_decision_of_shop', now()),
    ('strategies', '0005_decided', now()),
    ('strategies', '0006_scenarios_hit', now()),
    ('strategies', '0007_clean_identifiers', now()),
    ('strategies', '0008_fen_fields', now()),
    ('strategies', '0009_facts_of_line_and_ticket', now()),
    ('strategies', '0010_skip_risky', now()),
    ('strategies', '0011_suggestions', now()),
    ('strategies', '0012_decisions_into_the_feed', now()),
    ('strategies', '0013_heartbeats_of_machines', now()),
    ('strategies', '0014_history_lost', now()),
    ('strategies', '0015_advice_runs', now()),
    ('strategies', '0016_past_edition', now()),
    ('strategies', '0017_tokens_of_steps', now()),
    ('usersessions', '0001_initial', now());
