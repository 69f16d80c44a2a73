"""Simulations: days of an invented Sina Finance, a crawl through all of them, and a judge that knows the truth.

world    the fake site with a week's events: edits, deletions, bans, outages; and a log of what it answered
driver   a scheduled run without Scrapy, sockets or time: what the spider and its middlewares do, in a plain loop
breaks   points at which a run writes, and what can be raised there: a kill, a full disk
truth    the judge: the site's log against the archive
"""
