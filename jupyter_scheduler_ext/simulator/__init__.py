"""A day, a month or a bad night of the real engine in virtual time: ``python -m jupyter_scheduler_ext.simulator``."""
