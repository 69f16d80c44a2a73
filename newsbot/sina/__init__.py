"""What is known about Sina Finance, and nothing else: no I/O, no Scrapy, no archive."""
