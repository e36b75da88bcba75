"""Events of shops and accounts become one append-only audit trail (SPEC P6)."""

import re

import aftersale.domain.multilingual
import config.acting
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
from django.conf import settings
from django.db import migrations, models

from aftersale.domain.multilingual import MultilingualText


# What shops' and accounts' events were kept in before. A buyer's number goes into `filters`, from
# where it can be erased.
INTO_THE_TRAIL = """
INSERT INTO aftersale_auditentry (at, kind, user_id, whom_id, shop_id, address, request_id, subject,
    note, filters)
SELECT at, kind, user_id, NULL, shop_id, '', '', '',
       CASE WHEN kind IN ('buyer_blocked', 'buyer_unblocked') THEN '' ELSE note END,
       CASE WHEN kind IN ('buyer_blocked', 'buyer_unblocked')
            THEN jsonb_build_object('buyer', note) ELSE '{}' END
  FROM aftersale_shopevent
 UNION ALL
SELECT at, kind, by_id, user_id, NULL, address, '', '', note, '{}' FROM aftersale_accountevent
 ORDER BY at
"""
BACK = """
INSERT INTO aftersale_shopevent (at, kind, user_id, shop_id, note)
SELECT e.at, e.kind, u.id, s.id, coalesce(nullif(e.note, ''), e.filters ->> 'buyer', '')
  FROM aftersale_auditentry e JOIN aftersale_shop s ON s.id = e.shop_id
  LEFT JOIN auth_user u ON u.id = e.user_id
 WHERE e.kind IN ('created', 'changed', 'paused', 'resumed', 'looked_again', 'buyer_blocked',
    'buyer_unblocked', 'member', 'template', 'token', 'platform', 'webhook', 'restored',
    'time_set_right')
 ORDER BY e.at, e.id;
INSERT INTO aftersale_accountevent (at, kind, by_id, user_id, address, note)
SELECT e.at, e.kind, b.id, u.id, e.address, e.note
  FROM aftersale_auditentry e JOIN auth_user u ON u.id = e.whom_id
  LEFT JOIN auth_user b ON b.id = e.user_id
 WHERE e.kind IN ('logged_in', 'joined', 'password', 'password_link', 'factor_added',
    'factor_removed', 'recovery_codes', 'factors_forgotten', 'sessions_ended', 'access')
 ORDER BY e.at, e.id;
"""
# SPEC P6: nothing is changed, and nothing younger than 400 days deleted. SPEC P7: erasing a buyer
# writes `filters` anew, and that column only, in a transaction that says
# SET LOCAL afterdesk.erasing = 'on'. Of `scope`, a generated column, NEW has no value yet.
APPEND_ONLY = """
CREATE FUNCTION aftersale_audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.at < now() - interval '400 days' THEN RETURN OLD; END IF;
    ELSIF current_setting('afterdesk.erasing', true) = 'on'
        AND to_jsonb(NEW) - '{filters,scope}'::text[] = to_jsonb(OLD) - '{filters,scope}'::text[]
    THEN RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the audit trail is append-only';
END $$;
CREATE TRIGGER aftersale_audit_stays BEFORE UPDATE OR DELETE ON aftersale_auditentry
    FOR EACH ROW EXECUTE FUNCTION aftersale_audit_stays();
"""
NOT_APPEND_ONLY = """
DROP TRIGGER aftersale_audit_stays ON aftersale_auditentry;
DROP FUNCTION aftersale_audit_stays();
"""
BLOCK_LIST = re.compile(r"(?:blocked buyers|买家黑名单): (.*)")


def buyers_apart(apps, schema_editor):
    """Lines of settings' changes that name blocked buyers become entries of their own."""
    entries = apps.get_model("aftersale", "AuditEntry").objects
    named = entries.filter(kind="changed", note__contains="blocked buyers: ")
    for entry in named.order_by("pk"):
        texts = getattr(entry.note, "texts", None) or {"": entry.note}
        kept, signed = {}, ""
        for code, text in texts.items():
            lines = text.split("\n")
            found = [one for line in lines if (one := BLOCK_LIST.fullmatch(line))]
            signed = found[0][1] if found else signed
            kept[code] = "\n".join(line for line in lines if not BLOCK_LIST.fullmatch(line))
        entry.note = kept[""] if "" in kept else MultilingualText(kept)
        entry.save(update_fields=["note"])
        for buyer in filter(None, signed.split(", ")):
            kind = "buyer_unblocked" if buyer[0] == "-" else "buyer_blocked"
            entries.create(
                at=entry.at, kind=kind, user_id=entry.user_id, shop_id=entry.shop_id,
                address="", request_id="", filters={"buyer": buyer[1:]},
            )


class Migration(migrations.Migration):

    dependencies = [
        ('aftersale', '0044_history_lost'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='ticketevent',
            name='request_id',
            field=models.CharField(blank=True, db_default='', default=config.acting.request_id, max_length=32, verbose_name='request'),
        ),
        migrations.AddField(
            model_name='ticketevent',
            name='token',
            field=models.ForeignKey(db_constraint=False, db_index=False, default=config.acting.token, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='aftersale.apitoken', verbose_name='API token'),
        ),
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='at')),
                ('kind', models.CharField(choices=[('logged_in', 'Logged in'), ('log_in_failed', 'Log-in failed'), ('logged_out', 'Logged out'), ('sessions_ended', 'Sessions ended'), ('joined', 'Accepted an invitation'), ('password', 'Password changed'), ('password_link', 'Link for a new password made'), ('factor_added', 'Second factor added'), ('factor_removed', 'Second factor removed'), ('recovery_codes', 'New recovery codes'), ('factors_forgotten', 'Second factors taken away'), ('access', 'Account changed'), ('created', 'Created'), ('changed', 'Settings changed'), ('member', 'Membership changed'), ('token', 'API token changed'), ('webhook', 'Webhook changed'), ('platform', 'Platform connection changed'), ('template', 'Reject text changed'), ('buyer_blocked', 'Buyer blocked'), ('buyer_unblocked', 'Buyer unblocked'), ('strategy', 'Strategies changed'), ('strategy_enabled', 'Strategy enabled'), ('paused', 'Automation paused'), ('resumed', 'Automation resumed'), ('looked_again', 'Tickets evaluated again'), ('correction', 'Ledger corrected'), ('payments_stopped', 'All payments stopped'), ('payments_resumed', 'Payments let go on'), ('call', 'Step of a program'), ('exported', 'Exported'), ('refused', 'Step refused'), ('restored', 'Backup restored'), ('time_set_right', 'Time of decisions set right'), ('command', 'Command on the machine')], max_length=24, verbose_name='what')),
                ('address', models.CharField(blank=True, default=config.acting.address, max_length=45, verbose_name='from the address')),
                ('request_id', models.CharField(blank=True, default=config.acting.request_id, max_length=32, verbose_name='request')),
                ('subject', models.CharField(blank=True, default='', max_length=200, verbose_name='on')),
                ('note', aftersale.domain.multilingual.SaidField(blank=True, default='', verbose_name='note')),
                ('filters', models.JSONField(blank=True, default=dict, verbose_name='filters')),
                ('rows', models.PositiveIntegerField(null=True, verbose_name='rows')),
                ('scope', models.GeneratedField(db_persist=True, expression=django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.Cast(models.F('shop'), models.BigIntegerField()), django.db.models.expressions.CombinedExpression(models.Value(0), '-', django.db.models.functions.comparison.Cast(models.F('whom'), models.BigIntegerField())), models.Value(0), output_field=models.BigIntegerField()), output_field=models.BigIntegerField())),
                ('shop', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='entries', to='aftersale.shop', verbose_name='shop')),
                ('token', models.ForeignKey(db_constraint=False, db_index=False, default=config.acting.token, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='aftersale.apitoken', verbose_name='API token')),
                ('user', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                ('whom', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='account')),
            ],
            options={
                'verbose_name': 'audit entry',
                'verbose_name_plural': 'audit trail',
                'ordering': ['-at', '-id'],
            },
        ),
        migrations.RunSQL(INTO_THE_TRAIL, BACK),
        migrations.RunPython(buyers_apart, migrations.RunPython.noop),
        migrations.DeleteModel(
            name='AccountEvent',
        ),
        migrations.DeleteModel(
            name='ShopEvent',
        ),
        migrations.RunSQL(APPEND_ONLY, NOT_APPEND_ONLY),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(fields=['-at', '-id'], name='audit_newest'),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(fields=['kind', '-at', '-id'], name='audit_of_kind'),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(fields=['scope', '-at', '-id'], name='audit_of_scope'),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(fields=['scope', 'kind', '-at', '-id'], name='audit_of_scope_and_kind'),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(condition=models.Q(('token', None), ('user__isnull', False)), fields=['user', '-at', '-id'], name='audit_by'),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(condition=models.Q(('token__isnull', False)), fields=['token', '-at', '-id'], name='audit_by_token'),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(condition=models.Q(('whom__isnull', False)), fields=['whom', '-at', '-id'], name='audit_whom'),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(condition=models.Q(('address', ''), _negated=True), fields=['address', '-at', '-id'], name='audit_from'),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(condition=models.Q(('request_id', ''), _negated=True), fields=['request_id', '-at', '-id'], name='audit_of_request'),
        ),
    ]
