"""``jupyter scheduler-ext <command>``: the scheduler from a terminal, through a server or, to read, without one."""
