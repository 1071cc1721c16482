"""Bridges: clients that take the state of programs which have never heard of us, through whatever door these have."""
