-- The rows whose {column} refers to no row of {known}.
SELECT line FROM {table} r WHERE NOT EXISTS (SELECT FROM {known} k WHERE k.source_id = r.{column})
