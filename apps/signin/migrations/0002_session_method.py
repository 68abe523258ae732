from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("signin", "0001_initial")]

    operations = [migrations.RenameField("usersession", "way", "method")]
