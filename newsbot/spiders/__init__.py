"""The spiders Scrapy finds here."""
