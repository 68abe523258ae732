from django.db import migrations

ORIGINS = """
INSERT INTO push_pushorigin (id, origin, state, rate, tokens, n_in_row, n_seen, n_failed, n_refused)
SELECT gen_random_uuid(), found, 'closed', 0, 0, 0, 0, 0, 0
FROM (SELECT DISTINCT lower(substring(endpoint FROM '^[a-zA-Z]+://[^/]+')) AS found
      FROM push_pushsubscription) AS t
WHERE found IS NOT NULL
"""
DEVICES = """
UPDATE push_pushsubscription AS s SET origin_id = o.id
FROM push_pushorigin AS o
WHERE o.origin = lower(substring(s.endpoint FROM '^[a-zA-Z]+://[^/]+'));
UPDATE push_pushsubscription SET
  state = CASE WHEN disabled_at IS NULL THEN 'live'
               WHEN disabled_reason = '本人が やめました' THEN 'left' ELSE 'gone' END,
  seen_at = created_at
"""
# One broadcast and one chunk a topic and push service; deliveries keep their states.
BROADCASTS = """
INSERT INTO push_broadcast (id, municipality_id, topic, path, user_ids, is_urgent, state, round,
                            n_people, n_able, created_at, expires_at)
SELECT gen_random_uuid(), (array_agg(m.municipality_id))[1], m.topic, min(m.path),
       array_agg(DISTINCT s.user_id), false,
       CASE WHEN bool_or(m.state = 'pending') THEN 'running' ELSE 'finished' END, 0,
       count(DISTINCT s.user_id), count(DISTINCT s.user_id), min(m.created_at), max(m.expires_at)
FROM push_pushmessage m JOIN push_pushsubscription s ON s.id = m.subscription_id
GROUP BY m.topic;
UPDATE push_broadcast SET finished_at = now() WHERE state = 'finished';
INSERT INTO push_broadcastchunk (id, broadcast_id, round, origin_id, lo, hi, is_done, inserted_at,
                                 next_at, n_lost, n, n_accepted, n_gone, n_failed, n_expired)
SELECT gen_random_uuid(), b.id, 0, s.origin_id, (array_agg(s.id ORDER BY s.id))[1],
       (array_agg(s.id ORDER BY s.id DESC))[1], NOT bool_or(m.state = 'pending'), now(), now(), 0,
       count(*), count(*) FILTER (WHERE m.state = 'accepted'),
       count(*) FILTER (WHERE m.state = 'gone'), count(*) FILTER (WHERE m.state = 'failed'),
       count(*) FILTER (WHERE m.state = 'expired')
FROM push_pushmessage m
JOIN push_pushsubscription s ON s.id = m.subscription_id
JOIN push_broadcast b ON b.topic = m.topic
GROUP BY b.id, s.origin_id;
INSERT INTO push_pushdelivery (broadcast_id, subscription_id, chunk_id, state, attempts, next_at,
                               http_status, error_code, finished_at)
SELECT b.id, m.subscription_id, c.id, m.state, m.attempts, m.next_at, m.http_status, '', m.finished_at
FROM push_pushmessage m
JOIN push_pushsubscription s ON s.id = m.subscription_id
JOIN push_broadcast b ON b.topic = m.topic
JOIN push_broadcastchunk c ON c.broadcast_id = b.id AND c.origin_id = s.origin_id
"""


class Migration(migrations.Migration):
    """What is waiting goes on waiting, now as broadcasts, chunks and deliveries."""

    dependencies = [("push", "0002_broadcasts")]
    operations = [
        migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (ORIGINS, DEVICES, BROADCASTS)
    ]
