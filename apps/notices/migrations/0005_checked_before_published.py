from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notices', '0004_carry_over'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='supportorganisation',
            name='closed_note',
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'published'), _negated=True), ('published_by__isnull', False), _connector='OR'), name='published_notice_was_checked'),
        ),
    ]
