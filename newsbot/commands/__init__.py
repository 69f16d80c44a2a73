"""The commands that `scrapy` finds here, one file each."""
