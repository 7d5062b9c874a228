"""Schedules of other programs as tasks: each reader gives, line by line, a definition, what differs, or why not."""
