"""HTTP <-> engine, and nothing else: each module translates one endpoint, `routes` is the table of them all."""
