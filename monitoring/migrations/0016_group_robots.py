from django.conf import settings
from django.db import migrations, models
import django.contrib.postgres.fields
import django.db.models.deletion


class Migration(migrations.Migration):

    dependencies = [
        ('aftersale', '0050_notes_and_flags_of_the_desk'),
        ('monitoring', '0015_known_ends'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RenameModel('AlertMail', 'AlertNotice'),
        migrations.RenameField('AlertNotice', 'mailed_at', 'told_at'),
        migrations.RemoveConstraint('AlertNotice', 'alert_mail_once'),
        migrations.RemoveIndex('AlertNotice', 'alert_mail_to_send'),
        migrations.RemoveIndex('AlertNotice', 'alert_mail_sent'),
        migrations.AlterModelOptions(
            name='alertnotice',
            options={'verbose_name': 'alert notice', 'verbose_name_plural': 'alert notices'},
        ),
        migrations.AlterField(
            model_name='alertnotice',
            name='alert',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='notices', to='monitoring.alert', verbose_name='alert'),
        ),
        migrations.AlterField(
            model_name='alertnotice',
            name='told_at',
            field=models.DateTimeField(null=True, verbose_name='told at'),
        ),
        migrations.AlterField(
            model_name='alertnotice',
            name='user',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='user'),
        ),
        migrations.CreateModel(
            name='Robot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('service', models.CharField(choices=[('wecom', 'WeCom'), ('dingtalk', 'DingTalk'), ('feishu', 'Feishu')], max_length=16, verbose_name='service')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('key', models.TextField(editable=False)),
                ('secret', models.TextField(blank=True, default='', editable=False)),
                ('kinds', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('cap', 'Daily cap'), ('breaker', 'Circuit breaker'), ('refund_failed', 'Refund failed'), ('deadline', 'Deadline'), ('shipping', 'Shipping alert'), ('platform', 'Platform connection'), ('webhook', 'Webhook switched off'), ('to_pay', 'To pay by hand'), ('time_ahead', 'Automation stands still'), ('tickets_late', 'Tickets wait for automation'), ('refunds_late', 'Refunds are not sent'), ('reading_late', 'Reading lags behind'), ('clocks', 'Clocks differ'), ('token', 'New API token')], max_length=16), size=None, verbose_name='kinds of alerts')),
                ('told_from', models.TimeField(blank=True, null=True, verbose_name='told from')),
                ('told_until', models.TimeField(blank=True, null=True, verbose_name='told until')),
                ('language', models.CharField(choices=[('zh-hans', 'Chinese'), ('en', 'English')], default='zh-hans', max_length=8, verbose_name='language')),
                ('enabled', models.BooleanField(default=True, verbose_name='switched on')),
                ('created_at', models.DateTimeField(verbose_name='made at')),
                ('leased_until', models.DateTimeField(editable=False, null=True)),
                ('sent_at', django.contrib.postgres.fields.ArrayField(base_field=models.DateTimeField(), default=list, editable=False, size=None)),
                ('test_asked_at', models.DateTimeField(editable=False, null=True)),
                ('last_success_at', models.DateTimeField(null=True, verbose_name='last told at')),
                ('failing_since', models.DateTimeField(null=True, verbose_name='failing since')),
                ('failures', models.PositiveIntegerField(default=0, editable=False)),
                ('next_try_at', models.DateTimeField(editable=False, null=True)),
                ('failure', models.CharField(blank=True, choices=[('no_name', 'The name leads to no address'), ('not_public', 'The name leads to a private address'), ('no_connection', 'No connection'), ('tls', 'No secure connection (certificate)'), ('timeout', 'No answer in time'), ('broken', 'The connection broke off'), ('redirect', 'Redirects are not followed'), ('secret', "The secret can't be read: rotate it"), ('gone', 'The platform knows no such robot'), ('security', "The robot's security settings refuse the message"), ('too_often', 'The platform takes no more for now'), ('refused', 'The platform refused the message'), ('not_the_platform', "The answer is none of the platform's"), ('unreadable', "The stored address can't be read any more: enter it again")], default='', max_length=16, verbose_name='reason of failure')),
                ('answer', models.CharField(blank=True, default='', max_length=200, verbose_name='answer')),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='made by')),
                ('shop', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='robots', to='aftersale.shop', verbose_name='shop')),
            ],
            options={
                'verbose_name': 'group robot',
                'verbose_name_plural': 'group robots',
                'ordering': ['id'],
            },
        ),
        migrations.AddField(
            model_name='alertnotice',
            name='robot',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='notices', to='monitoring.robot', verbose_name='robot'),
        ),
        migrations.AddIndex(
            model_name='alertnotice',
            index=models.Index(condition=models.Q(('told_at', None), ('user__isnull', False)), fields=['user', 'alert'], name='alert_notice_to_mail'),
        ),
        migrations.AddIndex(
            model_name='alertnotice',
            index=models.Index(fields=['user', 'told_at'], name='alert_notice_mailed'),
        ),
        migrations.AddIndex(
            model_name='alertnotice',
            index=models.Index(condition=models.Q(('robot__isnull', False), ('told_at', None)), fields=['robot', 'alert'], name='alert_notice_to_tell'),
        ),
        migrations.AddConstraint(
            model_name='alertnotice',
            constraint=models.UniqueConstraint(fields=('alert', 'user'), name='alert_notice_once'),
        ),
        migrations.AddConstraint(
            model_name='alertnotice',
            constraint=models.UniqueConstraint(fields=('alert', 'robot'), name='alert_notice_once_by_robot'),
        ),
        migrations.AddConstraint(
            model_name='alertnotice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('robot__isnull', False), ('user', None)), models.Q(('robot', None), ('user__isnull', False)), _connector='OR'), name='alert_notice_has_one_receiver'),
        ),
        migrations.AddConstraint(
            model_name='robot',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('told_from', None), ('told_until', None)), models.Q(('told_from__isnull', False), ('told_until__isnull', False)), _connector='OR'), name='robot_hours_whole'),
        ),
        # Backwards, only users are told.
        migrations.RunSQL(
            migrations.RunSQL.noop, 'DELETE FROM monitoring_alertnotice WHERE user_id IS NULL'
        ),
    ]
