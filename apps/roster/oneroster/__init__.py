"""Reads OneRoster Japan-Profile zips. Pure: no Django, no database.

``zip_reader.read_zip(file, put)`` passes the rows on in blocks and returns a FileReport: notes
(accepted) and problems (not), each with file, line, column and a reason in Japanese. Rules between
rows are checked on the staged rows (``roster.services.staging_tables``).
``zip_writer.write_zip(tables)`` makes such a zip of rows from another source, so that there is one
reader and one set of rules.
"""
