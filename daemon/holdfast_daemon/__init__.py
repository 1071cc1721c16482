"""holdfastd: the one process that owns the sessions of a machine."""
