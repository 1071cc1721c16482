"""Where the page of the tests is."""

PREFIX = "/secret"
PORT = 8000
ORIGIN = f"http://127.0.0.1:{PORT}"
