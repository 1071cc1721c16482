"""The wire, shared by the daemon and its clients: messages, codec, errors, connection, endpoint."""
