-- How many of {kind} are new, changed, leaving and unchanged.
SELECT (SELECT count(*) FROM {sent}) - (SELECT count(*) FROM matched_{kind}),
  (SELECT count(*) FROM matched_{kind} WHERE differs), (SELECT count(*) FROM leaving_{kind}),
  (SELECT count(*) FROM matched_{kind} WHERE NOT differs)
