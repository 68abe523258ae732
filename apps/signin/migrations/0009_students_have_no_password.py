"""Students come in by card and PIN alone: a mail address or password that got there is taken away.

Whoever is signed in by such a password is out: a session ends with the password it began under.
"""

from django.db import migrations

TAKE_AWAY = """
DELETE FROM account_emailconfirmation c USING account_emailaddress a, people_student s
WHERE c.email_address_id = a.id AND a.user_id = s.user_id;
DELETE FROM account_emailaddress a USING people_student s WHERE a.user_id = s.user_id;
DELETE FROM mfa_authenticator m USING people_student s WHERE m.user_id = s.user_id;
UPDATE people_user u
SET email = '',
    password = CASE WHEN u.password LIKE '!%' THEN u.password
               ELSE '!' || replace(gen_random_uuid()::text, '-', '') END
FROM people_student s
WHERE s.user_id = u.id AND (u.email <> '' OR u.password NOT LIKE '!%');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("signin", "0008_pin_ring_keys"),
        ("people", "0024_first_pins"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [migrations.RunSQL(TAKE_AWAY, migrations.RunSQL.noop)]
