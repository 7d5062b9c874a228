"""Definitions and ledger in one SQL database that several servers share. Imported only when a `db_url` is set."""
