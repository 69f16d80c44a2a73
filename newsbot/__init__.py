"""newsbot: the archive of Sina Finance. See README.md for what it does and design notes."""

__version__ = "0.1.0"

#: Where the site's operators find out what newsbot is; in the User-Agent while CONTACT is empty.
PROJECT_PAGE = "https://newsbot.example/"
