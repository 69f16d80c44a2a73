"""The door to the wire: download handlers that keep its bytes, or answer from an archive."""
