"""Work under way: jobs that survive a restart, and commands that are drained before one."""
