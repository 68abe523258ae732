"""Reading a OneRoster Japan-Profile zip. Pure: no Django, no database.

``read(file, put)`` hands on the rows in blocks and gives a Reading: what was forgiven (notes) and
what was not (problems), each with file, line, column and a reason in Japanese. What holds
between rows is held against the staged rows (``signin.staging``). ``pack(tables)`` makes such a
zip of rows that came another way, so that there is one reader and one set of rules."""
