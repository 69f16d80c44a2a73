"""Every setting that differs from Scrapy's default, and newsbot's own: unit and reason at each.

Override any of them with `-s NAME=VALUE`, or in the environment of a schedule with a settings module of your own that
begins with `from newsbot.settings import *`.
"""

from __future__ import annotations

from newsbot import __version__

BOT_NAME = "newsbot"
SPIDER_MODULES = ["newsbot.spiders"]
NEWSPIDER_MODULE = "newsbot.spiders"
COMMANDS_MODULE = "newsbot.commands"

# --- the archive ---
# Folder; relative to scrapy.cfg's folder. For production give an absolute path outside the checkout.
ARCHIVE_DIR = "archive"
# Folder of the posts; empty = ARCHIVE_DIR/posts. Can be a Hexo site's source/_posts.
POSTS_DIR = ""
# SQLAlchemy URL of the ledger; empty = SQLite in ARCHIVE_DIR. postgresql+psycopg://… for many workers.
LEDGER_URL = ""
# When an exchange counts as kept: `record` = an fdatasync each, `batch` = one for all that wait (the same promise, a
# tenth of the cost), `none` = when the system has it (a power cut may lose the last seconds).
WARC_DURABILITY = "batch"
# Bytes after which a WARC file is closed and the next begun: 1 GB, what IIPC tools expect.
WARC_MAX_BYTES = 1_000_000_000
# Seconds after which it is closed in any case: a day, so that yesterday's file is whole and can be copied away.
WARC_MAX_AGE = 86_400
# `auto` leaves WARC-Payload-Digest out of chunked answers (warcio and fastwarc compute it over the chunks and would
# report a failure), `entity` writes the standard's.
WARC_PAYLOAD_DIGEST = "auto"
# Name written into warcinfo as isPartOf; the demo marks its invented pages with it.
ARCHIVE_PART_OF = "newsbot"
# Person or institution that runs the crawl, for warcinfo; empty = left out.
OPERATOR = ""

# --- who asks, and how politely (sina.md 2.7) ---
# Address or page at which the site's operators reach you; empty = the project's page, and a line of advice.
CONTACT = ""
# {contact} is filled in from CONTACT when the crawl starts. True to what we are: no browser's name, never rotated.
USER_AGENT = f"newsbot/{__version__} (archive of Sina Finance; +{{contact}})"
# robots.txt of every host is fetched, obeyed and archived.
ROBOTSTXT_OBEY = True
# The name robots.txt may address us by.
ROBOTSTXT_USER_AGENT = "newsbot"
# Requests in flight, all hosts together: there are about ten hosts.
CONCURRENT_REQUESTS = 8
# Requests in flight per host: three at once led to a ban near the 300th request, one was stable.
CONCURRENT_REQUESTS_PER_DOMAIN = 1
# Seconds between two requests to one host; others advise 4-5 s, 0.4 s was stable on the strictest host.
DOWNLOAD_DELAY = 3.0
# Share by which the delay varies: 2.1 to 3.9 s.
DOWNLOAD_DELAY_JITTER = 0.3
# A slow site is asked less often; never more often than DOWNLOAD_DELAY.
AUTOTHROTTLE_ENABLED = True
# Seconds; the delay AutoThrottle begins with.
AUTOTHROTTLE_START_DELAY = 3.0
# Seconds a host rests after a ban page or 456 (it lifts after 5-60 minutes, asking on prolongs it); doubled on repeat.
BAN_REST = 3600
# Seconds until an answer must be whole.
DOWNLOAD_TIMEOUT = 60
# Bytes: larger answers are cut and refused; pages are 95 KB, images a few MB.
DOWNLOAD_MAXSIZE = 32 * 1024 * 1024
# Bytes from which Scrapy warns.
DOWNLOAD_WARNSIZE = 8 * 1024 * 1024
# 429 is left out of Scrapy's list: asking at once again is what it forbids. The host rests instead.
RETRY_HTTP_CODES = [500, 502, 503, 504, 522, 524, 408]

# --- what is asked for ---
# Seconds between two readings of the full 24 h overlap of a list; between them 90 minutes are read again.
OVERLAP_EVERY = 7200
# Requests after which a back-fill ends, to be gone on with: 17 hours at 3 s. 0 for no end.
BACKFILL_MAX_REQUESTS = 20_000
# Date or time in Beijing, as -a since takes it: what pages usually hold is learnt from the runs since then; empty =
# from all. To be set when the site has changed for good, since the floors of the baseline only rise by themselves.
BASELINE_SINCE = ""
# Hosts, and what is below them, that may be asked: redirects and images included.
ALLOWED_HOSTS = ["sina.com.cn", "sina.cn", "sinaimg.cn"]
# {"finance.sina.com.cn:443": "127.0.0.1:8443"}: ask there instead; every host it does not name is refused. For a test
# site; empty for the real one.
CONNECT_TO: dict[str, str] = {}
# PEM file of the certificate authorities to trust; empty = the system's (Debian: ca-certificates).
TLS_CA_FILE = ""
# Folder of WARC files to answer from in place of the site, such as another archive; empty = the site is asked. To try a
# spider on what an archive holds: nothing goes to the network, and ARCHIVE_DIR must be another folder.
REPLAY_FROM = ""
# Articles that are asked or wait to be asked at one time; the rest stays in the ledger.
WORK_AHEAD = 32
# Seconds after its publication at which an article is looked at again, conditionally: edits were seen after 24 minutes,
# 1 h 39, 3 h 12 and 5 h. A list that says it was edited brings the look forward, one that never changed is asked less.
REVISIT_AFTER = [1800, 10_800, 86_400, 604_800]
# The live feed 7x24: `off`, `cleaned` (each answer is kept without what it tells of people: staff's mail addresses,
# comments) or `raw` (byte for byte; then the archive holds personal data, and you answer for it).
FEED = "cleaned"
# Seconds from one reading of the feed to the next: it reaches back 18 hours.
FEED_EVERY = 10_800
# Columns to read, by name (newsbot/sina/channels.py) or `all`: what has no list, such as fund, futures, gold, bank.
# Off by default: their pages ask in their robots metas not to be indexed, followed or archived.
COLUMNS: list[str] = []
# Seconds from one reading of a column to the next; it shows some 200 articles.
COLUMNS_EVERY = 21_600
# Keep a column page whole though its robots metas say noarchive; else only its links are kept.
KEEP_NOARCHIVE = False
# Read the list of the day's most read articles once a day, to see whether the lists missed one.
TOP_LIST = True
# What a page needs to be shown again: `none` of it, BODY's `images`, or `page`, the page's style sheets as well.
REQUISITES = "images"
# Bytes: a larger image or style sheet is cut and refused; Sina's pictures have at most a few MB.
REQUISITE_MAX_BYTES = 8 * 1024 * 1024
# Seconds after which a style sheet is asked for again, conditionally, when a page that needs it is published: they
# change rarely, and all pages share them. An image is asked for once, ever.
REQUISITE_MAX_AGE = 604_800
# Seconds for which a run goes on with requisites alone, its lists and articles being done; the rest waits for the next
# run, so that new articles do not: at 3 s each, a first day's images take four hours.
REQUISITE_SECONDS = 900
# Seconds a leased article is this run's; renewed while the run lives, free for others when it died.
LEASE_SECONDS = 600

# --- Scrapy's defaults that defeat the plan, turned ---
# Runs arbitrary Python sent over a socket: off.
REMOTE_CONTROL_ENABLED = False
# Likewise.
TELNETCONSOLE_ENABLED = False
# Off by default in Scrapy: a proof of what the site said needs to know it was the site.
DOWNLOAD_VERIFY_CERTIFICATES = True
# gzip only: warcio, so pywb, has no zstd, and decodes br only where brotli is installed.
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "zh-CN,zh;q=0.9",
    "Accept-Encoding": "gzip",
}
# 404 and 456 are answers that say something: they go to the spider, even where the middleware is turned on again.
HTTPERROR_ALLOW_ALL = True
# The ledger knows what was asked; a filter that forgets at the end of a run only gets in the way of re-reading lists.
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"
# The spider has its own page; nothing in a page's <meta> may send it elsewhere.
METAREFRESH_ENABLED = False
# Nothing here needs a session, and a cookie would make captures differ from visitor to visitor.
COOKIES_ENABLED = False
# A Referer is sent where a browser sends one that matters (images), by the spider itself.
REFERRER_POLICY = "no-referrer"
# Scrapy starts this many tasks for every response (scrapy#5182): a third of the CPU at the default of 100.
CONCURRENT_ITEMS = 1
# The status line of a run is the verdict's.
LOGSTATS_INTERVAL = 0
# Scrapy's log goes to runs/<timestamp>.log; INFO leaves out a line a request.
LOG_LEVEL = "INFO"

DOWNLOAD_HANDLERS = {
    "http": "newsbot.handlers.capture.Capture",
    "https": "newsbot.handlers.capture.Capture",
    # Only http and https: a page must not be able to name a file of this machine.
    "data": None,
    "file": None,
    "s3": None,
    "ftp": None,
}
TWISTED_DNS_RESOLVER = "newsbot.handlers.resolver.Resolver"
DOWNLOADER_MIDDLEWARES = {
    # First of all, so that robots.txt, redirects and images pass it too.
    "newsbot.middlewares.Gate": 10,
    # In the place of Scrapy's own, which asks everything where robots.txt cannot be read.
    "newsbot.middlewares.Robots": 100,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    # Takes gzip off; Scrapy's own also guesses character sets, at twice the price of everything newsbot does.
    "newsbot.middlewares.Unpack": 590,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    # ALLOWED_HOSTS is the Gate's; Scrapy's own looks at the spider's.
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    # Nothing here logs in; the verdict counts, from the archive's side.
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
    "scrapy.downloadermiddlewares.stats.DownloaderStats": None,
}
SPIDER_MIDDLEWARES = {
    # Each is a layer of generators around every answer (together a tenth of the CPU), for what this spider has no use:
    # it follows no links, takes every status, and copies no meta.
    "scrapy.spidermiddlewares.start.StartSpiderMiddleware": None,
    "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": None,
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
    "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,
    "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware": None,
}
EXTENSIONS = {
    "newsbot.extensions.Archive": 0,
    "newsbot.extensions.Monitor": 1,
    "newsbot.extensions.Progress": 2,
}
ITEM_PIPELINES = {
    "newsbot.pipelines.Validate": 100,
    "newsbot.pipelines.Remember": 200,
    "newsbot.pipelines.Publish": 300,
}
