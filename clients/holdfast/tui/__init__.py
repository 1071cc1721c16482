"""The terminal (``holdfast tui``): sessions, their history and what is in them, for people. A client of the wire as any
other, and in no need of more than a terminal: it is what one has over SSH."""
