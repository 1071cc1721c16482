"""A session on paper, or as one page that anybody can open: what is on it, and how that is typeset."""
