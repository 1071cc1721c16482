"""What of an export had better stay at home: keys, passwords, signed URLs, the names of home directories. Everything
that is about to leave is looked through before the first byte of it is written."""
