"""The web page: a client of the wire like any other, served to this machine's browser alone (``holdfast gui``)."""
