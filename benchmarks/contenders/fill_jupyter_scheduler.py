"""Many job definitions of `jupyter-scheduler`, by its own models: ``python fill_jupyter_scheduler.py FILE COUNT``."""

from __future__ import annotations

import sys

from jupyter_scheduler.orm import JobDefinition, create_session, create_tables

file, count = sys.argv[1], int(sys.argv[2])
create_tables(f"sqlite:///{file}")
with create_session(f"sqlite:///{file}")() as session:
    session.add_all(
        JobDefinition(
            name=f"Task {number:06d}",
            runtime_environment_name="python3",
            input_filename="task.ipynb",
            output_formats=["ipynb"],
            tags=["finance", "nightly"],
            parameters={"region": "eu"},
            schedule="0 0 1 1 *",
            timezone="UTC",
            active=True,
        )
        for number in range(count)
    )
    session.commit()
