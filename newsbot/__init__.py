"""newsbot: the archive of Sina Finance. See README.md for what it does and design notes."""

__version__ = "0.1.0"
