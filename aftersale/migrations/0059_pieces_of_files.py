"""The content of brought files in pieces of a megabyte, instead of whole (SPEC O11)."""

import django.db.models.deletion
from django.db import migrations, models

SPLIT = """
INSERT INTO aftersale_importpiece (file_id, place, content)
SELECT f.id, place, substring(f.content FROM place * 1048576 + 1 FOR 1048576)
  FROM aftersale_importfile f, generate_series(0, (length(f.content) - 1) / 1048576) AS place
"""
JOIN = """
UPDATE aftersale_importfile f
   SET content = (SELECT coalesce(string_agg(p.content, ''::bytea ORDER BY p.place), ''::bytea)
                    FROM aftersale_importpiece p WHERE p.file_id = f.id)
"""


class Migration(migrations.Migration):
    dependencies = [("aftersale", "0058_lists_that_were_refused")]

    operations = [
        migrations.CreateModel(
            name="ImportPiece",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("place", models.PositiveIntegerField()),
                ("content", models.BinaryField()),
                (
                    "file",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pieces",
                        to="aftersale.importfile",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("file", "place"), name="import_piece_once")
                ]
            },
        ),
        # On the way back the column is there before it is filled.
        migrations.AlterField("ImportFile", "content", models.BinaryField(null=True)),
        migrations.RunSQL(SPLIT, JOIN),
        migrations.RemoveField("ImportFile", "content"),
    ]
